/** A password for a station: 128 bits as 32 hex digits, which OCPP 1.6 also takes as 16 bytes (AuthorizationKey). */
export function randomPassword(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
}
