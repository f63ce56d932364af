import { has, type useT } from "#shared/i18n";

type T = ReturnType<typeof useT>;

/** "GroundFailure" → "Ground failure": the words we have, else the station's own, parted. */
export function faultWords(code: string, t: T): string {
  if (!code || code === "NoError") return t("station.faultUnnamed");
  return has(`station.fault.${code}`) ? t(`station.fault.${code}`) : apart(code);
}

/** What to do about a fault, by its code. */
export const faultTodo = (code: string, t: T): string =>
  has(`station.todo.${code}`) ? t(`station.todo.${code}`) : t("station.todo.any");

/** "OverCurrentFailure" → "Over current failure"; abbreviations and other spellings stay. */
export function apart(code: string): string {
  if (!/^[A-Z][a-z]+([A-Z][a-z]+)+$/.test(code)) return code;
  const words = code.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The station's own words about a connector: its code, vendor code and info. */
export const ownWords = (c: { error_code: string; vendor_error: string; info: string }): string =>
  [c.error_code === "NoError" ? "" : c.error_code, c.vendor_error, c.info && `“${c.info}”`].filter(Boolean).join(", ");
