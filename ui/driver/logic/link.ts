/** An address that may stand in a link: http or https; else null. What operators type is text until it is checked. */
export function webLink(address: string | null | undefined): string | null {
  if (!address) return null;
  try {
    const u = new URL(address);
    return u.protocol === "https:" || u.protocol === "http:" ? u.href : null;
  } catch {
    return null;
  }
}

/** A tel: address of a number as people write it, "+49 800 123-45 (day)"; null without a digit. */
export function telLink(phone: string | null | undefined): string | null {
  const digits = (phone ?? "")
    .replace(/\(0\)/g, "")
    .replace(/[^+\d]/g, "")
    .replace(/(?!^)\+/g, "");
  return /\d/.test(digits) ? `tel:${digits}` : null;
}
