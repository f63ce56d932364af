// What stands on a post: a short number, a contract id or a QR code with a link.

export type Read = { code: string } | { foreign: string } | null;

const plain = /^[A-Za-z0-9*:._-]{2,60}$/;

/**
 * Reads what was typed or scanned. A link counts when its path is /e/CODE or
 * /app/e/CODE on the given host; a link elsewhere is a code of another network;
 * nothing readable gives null. Spaces are forgiven, as people group numbers.
 */
export function readCode(input: string, host: string): Read {
  const s = input.trim();
  if (s === "") return null;
  if (/^https?:\/\//i.test(s)) return fromLink(s, host);
  const code = s.replace(/\s+/g, "");
  return plain.test(code) ? { code } : null;
}

function fromLink(s: string, host: string): Read {
  let url: URL;
  try {
    url = new URL(s);
  } catch {
    return null;
  }
  const m = /^\/(?:app\/)?e\/([^/]+)\/?$/.exec(url.pathname);
  if (url.host !== host || !m?.[1]) return { foreign: url.host };
  let code: string;
  try {
    code = decodeURIComponent(m[1]);
  } catch {
    return null;
  }
  return plain.test(code) ? { code } : null;
}

/** "123456" as "123 456", for eyes that compare it with a label. */
export function grouped(number: string): string {
  return /^\d{6}$/.test(number) ? `${number.slice(0, 3)} ${number.slice(3)}` : number;
}

/**
 * A card's number as printed, without its separators and in capitals; null when
 * it cannot be a card's: 4 to 20 hexadecimal bytes' worth of digits and letters.
 */
export function cardNumber(input: string): string | null {
  const s = input.replace(/[\s:.-]/g, "").toUpperCase();
  return /^[0-9A-Z]{4,36}$/.test(s) ? s : null;
}
