/** An OCPI tariff as it was put: only what is read here, all of it doubtful. */
export interface Ocpi {
  id?: string;
  currency?: string;
  country_code?: string;
  party_id?: string;
  tax_included?: string;
  elements?: Element[];
  min_price?: Limit;
  max_price?: Limit;
  start_date_time?: string;
  end_date_time?: string;
  last_updated?: string;
}
type Decimal = number | string;
interface Limit {
  excl_vat?: Decimal;
  incl_vat?: Decimal;
  before_taxes?: Decimal;
  after_taxes?: Decimal;
}
export interface Component {
  type: string;
  price: Decimal;
  vat?: Decimal | null;
  step_size?: number;
  /** A price per kWh that follows an index; `price` is then what holds where no spot price is known. */
  spot?: { index?: string };
}
export interface Restrictions {
  start_time?: string;
  end_time?: string;
  start_date?: string;
  end_date?: string;
  min_kwh?: Decimal;
  max_kwh?: Decimal;
  min_power?: Decimal;
  max_power?: Decimal;
  min_current?: Decimal;
  max_current?: Decimal;
  min_duration?: number;
  max_duration?: number;
  day_of_week?: string[];
  reservation?: string;
  holiday?: string;
}
export interface Element {
  price_components?: Component[];
  restrictions?: Restrictions;
}

export type Say = (key: string, words?: Record<string, string | number>) => string;

const week = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

/** Days of the week in words: "Mon–Fri, Sun"; "" for every day. `name` gives the n-th day's, Monday is 0. */
export function daysText(days: readonly string[] | undefined, name: (n: number) => string): string {
  const on = week.map((d) => days?.includes(d) ?? false);
  if (!on.includes(true) || !on.includes(false)) return "";
  const parts: string[] = [];
  for (let i = 0; i < 7; i++) {
    if (!on[i]) continue;
    let j = i;
    while (j < 6 && on[j + 1]) j++;
    parts.push(i === j ? name(i) : `${name(i)}${j === i + 1 ? ", " : "–"}${name(j)}`);
    i = j;
  }
  return parts.join(", ");
}

/** When an element holds, part by part; none is always. `say` has the words of `tariffs.when.*`. */
export function whenParts(r: Restrictions | undefined, say: Say, name: (n: number) => string): string[] {
  if (!r) return [];
  const out: string[] = [];
  const range = (min: Decimal | undefined, max: Decimal | undefined, unit: string, scale = 1) => {
    const n = (v: Decimal) => String(Number(v) / scale);
    if (min !== undefined && max !== undefined) out.push(say("between", { min: n(min), max: n(max), unit }));
    else if (min !== undefined) out.push(say("above", { n: n(min), unit }));
    else if (max !== undefined) out.push(say("below", { n: n(max), unit }));
  };
  if (r.reservation) out.push(say(r.reservation === "RESERVATION_EXPIRES" ? "expired" : "reserved"));
  const days = daysText(r.day_of_week, name);
  if (days) out.push(days);
  if (r.holiday === "ONLY" || r.holiday === "NOT") out.push(say(r.holiday === "ONLY" ? "holidays" : "noHolidays"));
  if (r.start_time || r.end_time) out.push(say("clock", { from: r.start_time ?? "00:00", to: r.end_time ?? "24:00" }));
  if (r.start_date) out.push(say("since", { day: r.start_date }));
  if (r.end_date) out.push(say("until", { day: r.end_date }));
  range(r.min_kwh, r.max_kwh, "kWh");
  range(r.min_power, r.max_power, "kW");
  range(r.min_current, r.max_current, "A");
  const whole = [r.min_duration, r.max_duration].every((x) => x === undefined || x % 60 === 0);
  range(r.min_duration, r.max_duration, whole ? "min" : "s", whole ? 60 : 1);
  return out;
}

/** The dimensions that a tariff prices, in their usual order. */
export function dimensionsOf(elements: readonly Element[]): string[] {
  const order = ["ENERGY", "TIME", "PARKING_TIME", "FLAT"];
  const has = new Set(elements.flatMap((e) => (e.price_components ?? []).map((c) => c.type)));
  return [...order.filter((d) => has.has(d)), ...[...has].filter((d) => !order.includes(d))];
}

/** Kinds of places, the most specific first. */
export const placeKinds = ["connector", "evse", "station", "site", "tenant"] as const;
export type PlaceKind = (typeof placeKinds)[number];

/** Whom a tariff can be offered to. */
export const audiences = ["all", "guests", "members", "group"] as const;
export type Audience = (typeof audiences)[number];

/** A tariff that is offered at a place, to an audience, for a time: GET /tariff-assignments. */
export interface Assignment {
  id: string;
  kind: PlaceKind;
  /** The id of the site or station; STATION/EVSE; STATION/EVSE/CONNECTOR. */
  place: string;
  audience: Audience;
  /** Of the audience group. */
  group_id: string;
  tariff_id: string;
  /** null: since ever. */
  from: string | null;
  /** null: for good. */
  until: string | null;
  in_force: boolean;
}

/** The station, EVSE and connector that a place names; "" where it is wider. */
export function spot(of: Pick<Assignment, "kind" | "place">) {
  if (of.kind === "tenant" || of.kind === "site") return { station: "", evse: "", connector: "" };
  const [station = "", evse = "", connector = ""] = of.place.split("/");
  return { station, evse, connector };
}

/** By place, the most specific first, and there in the order in which they begin. */
export function byPlace(a: Assignment, b: Assignment): number {
  const begins = (x: Assignment) => (x.from ? Date.parse(x.from) : 0);
  return (
    placeKinds.indexOf(a.kind) - placeKinds.indexOf(b.kind) ||
    (a.place === b.place ? 0 : a.place < b.place ? -1 : 1) ||
    begins(a) - begins(b) ||
    (a.id < b.id ? -1 : 1)
  );
}

/** Where a tariff is offered, now or later. */
export const placesOf = (all: readonly Assignment[], id: string) => all.filter((a) => a.tariff_id === id).sort(byPlace);

/** An answer of GET /tariff-assignments/explain. */
export interface Explanation {
  station_id: string;
  evse_id: number;
  at: string;
  tariff: { id: string; version: string; currency: string } | null;
  sentence: string;
  candidates: Candidate[];
}
export type Candidate = Assignment & { reason: string; tariff_version: string };
