import { language, t } from "../i18n";

/** An amount of money as the API has it. */
export interface Amount {
  amount_minor: number;
  currency: string;
}

/** A number and its unit apart, because the unit is set smaller. */
export interface Measure {
  value: string;
  unit: string;
}

const numbers = new Map<string, Intl.NumberFormat>();
function nf(o: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language() + JSON.stringify(o);
  const f = numbers.get(key) ?? new Intl.NumberFormat(language(), o);
  numbers.set(key, f);
  return f;
}

const times = new Map<string, Intl.DateTimeFormat>();
function df(o: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language() + JSON.stringify(o);
  const f = times.get(key) ?? new Intl.DateTimeFormat(language() === "en" ? "en-GB" : language(), o);
  times.set(key, f);
  return f;
}

/** What stands where nothing is known. */
export const none = "–";

type Maybe = number | null | undefined;
const gone = (n: Maybe): n is null | undefined => n === null || n === undefined || !Number.isFinite(n);

/** A number with fixed decimals. */
export const num = (n: Maybe, decimals = 0) =>
  gone(n) ? none : nf({ minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(n);

/** Watts as "96.4" kW; from 10 MW as MW. For columns use kw(), whose unit is in the head. */
export function power(w: Maybe): Measure {
  if (gone(w)) return { value: none, unit: "" };
  return Math.abs(w) >= 10_000_000 ? { value: num(w / 1e6, 2), unit: "MW" } : { value: num(w / 1e3, 1), unit: "kW" };
}
/** Watt-hours as "46.94" kWh; from 10 MWh as MWh. */
export function energy(wh: Maybe): Measure {
  if (gone(wh)) return { value: none, unit: "" };
  return Math.abs(wh) >= 10_000_000
    ? { value: num(wh / 1e6, 2), unit: "MWh" }
    : { value: num(wh / 1e3, 2), unit: "kWh" };
}
/** Watts as kW with one decimal, no unit. */
export const kw = (w: Maybe) => (gone(w) ? none : num(w / 1e3, 1));
/** Watt-hours as kWh, no unit; two decimals, three for evidence. */
export const kwh = (wh: Maybe, decimals = 2) => (gone(wh) ? none : num(wh / 1e3, decimals));
/** A measure as one text. */
export const text = (m: Measure) => (m.unit ? `${m.value} ${m.unit}` : m.value);

/** Per cent with a thin space as in "72 %". */
export const percent = (n: Maybe, decimals = 0) => (gone(n) ? none : `${num(n, decimals)} %`);

/** Money in its own currency's decimals. */
export function money(a: Amount | null | undefined): string {
  if (!a || gone(a.amount_minor)) return none;
  try {
    const f = nf({ style: "currency", currency: a.currency, currencyDisplay: "narrowSymbol" });
    return f.format(a.amount_minor / 10 ** (f.resolvedOptions().maximumFractionDigits ?? 2));
  } catch {
    return `${a.amount_minor} ${a.currency}`;
  }
}
/** A decimal price per unit, at least two decimals and all that it has: "€0.59". */
export function price(decimal: string, currency: string): string {
  const d = Math.min(Math.max(decimal.split(".")[1]?.replace(/0+$/, "").length ?? 0, 2), 6);
  return nf({
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: d,
    maximumFractionDigits: d,
  }).format(Number(decimal));
}

export type When = string | number | Date | null | undefined;
const ms = (at: When): number => (at === null || at === undefined || at === "" ? Number.NaN : new Date(at).getTime());

/** Time of day in a zone: "14:32:07", or "14:32". */
export const clock = (at: When, zone?: string, seconds = true) => {
  const x = ms(at);
  if (Number.isNaN(x)) return none;
  return df({
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
    timeZone: zone,
  }).format(x);
};
/** A day: "Fri 20 Nov 2026". */
export const day = (at: When, zone?: string) => {
  const x = ms(at);
  if (Number.isNaN(x)) return none;
  return df({ weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: zone })
    .format(x)
    .replace(",", "");
};
/** A moment: the time today, else day and time: "14:32:07", "20 Nov, 14:32". */
export function moment(at: When, zone?: string, now = Date.now()): string {
  const x = ms(at);
  if (Number.isNaN(x)) return none;
  const date = (n: number) => df({ year: "numeric", month: "numeric", day: "numeric", timeZone: zone }).format(n);
  if (date(x) === date(now)) return clock(x, zone);
  const year = df({ year: "numeric", timeZone: zone });
  const d = df({
    day: "numeric",
    month: "short",
    ...(year.format(x) === year.format(now) ? {} : { year: "numeric" }),
    timeZone: zone,
  });
  return `${d.format(x)}, ${clock(x, zone, false)}`;
}
/** The short name of a zone at a moment: "CET". */
export function zoneName(zone?: string, at: When = Date.now()): string {
  const parts = df({ timeZoneName: "short", timeZone: zone }).formatToParts(ms(at));
  return parts.find((p) => p.type === "timeZoneName")?.value ?? "";
}
/** The zone of this browser. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A running time as on a meter: "19:27" min, "1:02:33" h. Seconds in. */
export function running(seconds: Maybe): Measure {
  if (gone(seconds)) return { value: none, unit: "" };
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  const m = Math.floor(s / 60) % 60;
  return h > 0 ? { value: `${h}:${two(m)}:${two(s % 60)}`, unit: "h" } : { value: `${m}:${two(s % 60)}`, unit: "min" };
}
/** For columns: "1:02:33", always with hours. Seconds in. */
export const span = (seconds: Maybe) => {
  if (gone(seconds)) return none;
  const s = Math.max(0, Math.floor(seconds));
  return `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
};
/** A length of time in words with units: "0.4 s", "22 min", "1 h 10 min", "9 d 4 h". Milliseconds in. */
export function duration(millis: Maybe): string {
  if (gone(millis)) return none;
  const s = Math.max(0, millis) / 1000;
  if (s < 10) return t("time.s", { n: num(Math.floor(s * 10) / 10, 1) });
  if (s < 60) return t("time.s", { n: num(Math.floor(s)) });
  if (s < 3600) return t("time.min", { n: num(Math.floor(s / 60)) });
  const part = (big: string, a: number, small: string, b: number) =>
    b > 0 ? `${t(big, { n: num(a) })} ${t(small, { n: num(b) })}` : t(big, { n: num(a) });
  if (s < 86400) return part("time.h", Math.floor(s / 3600), "time.min", Math.floor((s % 3600) / 60));
  return part("time.d", Math.floor(s / 86400), "time.h", Math.floor((s % 86400) / 3600));
}
/** The age of a moment: "4 min ago". */
export function ago(at: When, now = Date.now()): string {
  const x = ms(at);
  if (Number.isNaN(x)) return none;
  return t("time.ago", { age: duration(now - x) });
}
/** Milliseconds between two moments, null where one is missing. */
export function between(from: When, to: When): number | null {
  const d = ms(to) - ms(from);
  return Number.isNaN(d) ? null : d;
}
