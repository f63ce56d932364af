import type { Component, Element, Ocpi, Restrictions } from "../logic";

// The tariff that is edited is the OCPI object itself. Each change makes a new
// object and leaves every member it does not name as it was.

export type Doc = Ocpi & Record<string, unknown>;
export type Path = readonly (string | number)[];

/** The object with another value at a path; undefined takes the member away. What it lacks on the way is made. */
export function set(doc: Doc, path: Path, value: unknown): Doc {
  return at(doc, path, value) as Doc;
}

function at(now: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof key === "number") {
    const list = Array.isArray(now) ? [...now] : [];
    list[key] = at(list[key], rest, value);
    return list;
  }
  const object = { ...(now !== null && typeof now === "object" ? (now as Record<string, unknown>) : {}) };
  const next = at(object[key], rest, value);
  if (next === undefined) delete object[key];
  else object[key] = next;
  return object;
}

/** What a text holds, or why it is no object. */
export function read(text: string): { doc: Doc; why?: undefined } | { doc?: undefined; why: string } {
  try {
    const v: unknown = JSON.parse(text);
    if (v !== null && typeof v === "object" && !Array.isArray(v)) return { doc: v as Doc };
    return { why: "{ … }" };
  } catch (e) {
    return { why: e instanceof Error ? e.message : "" };
  }
}

/** The elements, whatever the document holds in their place. */
export function elementsOf(doc: Doc): Element[] {
  return Array.isArray(doc.elements) ? doc.elements.filter((e) => e !== null && typeof e === "object") : [];
}

export const componentsOf = (e: Element): Component[] =>
  Array.isArray(e.price_components) ? e.price_components.filter((c) => c !== null && typeof c === "object") : [];

/** The document with the element moved up (-1) or down (1). */
export function move(doc: Doc, i: number, by: -1 | 1): Doc {
  const list = [...elementsOf(doc)];
  const [e] = list.splice(i, 1);
  if (!e || i + by < 0 || i + by > list.length) return doc;
  list.splice(i + by, 0, e);
  return { ...doc, elements: list };
}

export const remove = (doc: Doc, i: number): Doc => ({ ...doc, elements: elementsOf(doc).filter((_, n) => n !== i) });

/** The document with one more element at a place, at the end without. */
export function insert(doc: Doc, e: Element, i = elementsOf(doc).length): Doc {
  const list = [...elementsOf(doc)];
  list.splice(i, 0, e);
  return { ...doc, elements: list };
}

/** A price like the last one of its kind: of its tax, to be given its number. */
export function like(doc: Doc, type: string): Component {
  const all = elementsOf(doc).flatMap(componentsOf);
  const vat = [...all].reverse().find((c) => c.vat !== undefined && c.vat !== null)?.vat;
  return { type, price: 0, ...(vat === undefined ? {} : { vat }), step_size: 1 };
}

// Conditions are the restrictions of an element as people choose them.
export const conditions = {
  time: { start_time: "06:00", end_time: "22:00" },
  days: { day_of_week: ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"] },
  dates: { start_date: "", end_date: "" },
  kwh: { min_kwh: undefined, max_kwh: 20 },
  duration: { min_duration: 3600, max_duration: undefined },
  power: { min_power: 50, max_power: undefined },
  current: { min_current: 16, max_current: undefined },
  reservation: { reservation: "RESERVATION" },
} as const satisfies Record<string, Partial<Record<keyof Restrictions, unknown>>>;
export type Condition = keyof typeof conditions;
export const allConditions = Object.keys(conditions) as Condition[];

const membersOf = (c: Condition) => Object.keys(conditions[c]) as (keyof Restrictions)[];

/** The conditions that an element has. */
export const conditionsOf = (r: Restrictions | undefined): Condition[] =>
  allConditions.filter((c) => membersOf(c).some((m) => r?.[m] !== undefined && r[m] !== null));

/** The document with a condition of element i begun with usual values, or taken away. */
export function condition(doc: Doc, i: number, c: Condition, on: boolean, today = ""): Doc {
  let out = doc;
  for (const m of membersOf(c)) {
    let v: unknown = on ? (conditions[c] as Record<string, unknown>)[m] : undefined;
    if (on && c === "dates") v = m === "start_date" ? today : undefined;
    out = set(out, ["elements", i, "restrictions", m], Array.isArray(v) ? [...v] : v);
  }
  return tidy(out, i);
}

/** The document without restrictions of element i where there are none left. */
export function tidy(doc: Doc, i: number): Doc {
  const r = elementsOf(doc)[i]?.restrictions;
  return r && Object.keys(r).length === 0 ? set(doc, ["elements", i, "restrictions"], undefined) : doc;
}

export interface Finding {
  code: string;
  severity: "error" | "warning" | "advice";
  path: string;
  other?: string;
  message: string;
  when?: Record<string, unknown>;
  args: Record<string, string>;
}

/** The document with a price for the gap that a finding names: that of its dimension before, to be changed. */
export function mend(doc: Doc, f: Finding): Doc {
  const type = f.args.dimension ?? "ENERGY";
  const before = elementsOf(doc)
    .flatMap(componentsOf)
    .find((c) => c.type === type);
  const c = { ...like(doc, type), ...(before ? { price: before.price } : {}) };
  return insert(doc, { price_components: [c], ...(f.when ? { restrictions: f.when as Restrictions } : {}) });
}

/** How many findings there are of each severity. */
export const tally = (all: readonly Finding[]) => ({
  error: all.filter((f) => f.severity === "error").length,
  warning: all.filter((f) => f.severity === "warning").length,
  advice: all.filter((f) => f.severity === "advice").length,
});

/** The nearest of some paths to the one wanted: itself, or the longest that it lies in. */
export function nearest(paths: readonly string[], want: string): string | undefined {
  return paths
    .filter((p) => want === p || want.startsWith(`${p}.`) || want.startsWith(`${p}[`))
    .sort((a, b) => b.length - a.length)[0];
}

const component = (type: string, price: number) => ({ type, price, vat: 19, step_size: 1 });
const begin = (id: string, ...elements: Element[]): Doc => ({ id, currency: "EUR", tax_included: "YES", elements });

/** What a new tariff begins with. */
export const templates = {
  flat: begin("flat", { price_components: [component("ENERGY", 0.49)] }),
  daynight: begin(
    "day-night",
    {
      price_components: [component("ENERGY", 0.59)],
      restrictions: { start_time: "06:00", end_time: "22:00" },
    },
    { price_components: [component("ENERGY", 0.39)] },
  ),
  hpc: begin(
    "hpc",
    { price_components: [component("ENERGY", 0.69)] },
    { price_components: [component("PARKING_TIME", 12)], restrictions: { min_duration: 3600 } },
  ),
  parking: {
    ...begin(
      "parking",
      { price_components: [component("ENERGY", 0.49)] },
      {
        price_components: [component("PARKING_TIME", 6)],
        restrictions: { start_time: "08:00", end_time: "20:00", min_duration: 14400 },
      },
      { price_components: [component("PARKING_TIME", 0)] },
    ),
    max_price: { after_taxes: 60 },
  } as Doc,
} satisfies Record<string, Doc>;
export type Template = keyof typeof templates;

/** The member of a limit that holds its amount, in the version of OCPI that the document is of. */
export function limitMember(doc: Doc, name: "min_price" | "max_price", side: "with" | "before"): string {
  const l = (doc[name] ?? {}) as Record<string, unknown>;
  const [old, now] = side === "with" ? ["incl_vat", "after_taxes"] : ["excl_vat", "before_taxes"];
  return old in l || (!(now in l) && doc.tax_included === undefined) ? old : now;
}

/** The document with a side of a limit; without an amount on either side the limit is gone. */
export function limit(doc: Doc, name: "min_price" | "max_price", side: "with" | "before", amount: number | null): Doc {
  const out = set(doc, [name, limitMember(doc, name, side)], amount ?? undefined);
  return Object.keys((out[name] ?? {}) as object).length === 0 ? set(out, [name], undefined) : out;
}

export interface Start {
  at: string;
  per_kwh: string | null;
  total: { amount_minor: number; currency: string };
}

export interface Cell {
  hour: number;
  per_kwh: string | null;
  at: string;
}

/** The hours of a week by local day; `local` gives the day and hour of an instant in the zone. */
export function weekOf(starts: readonly Start[], local: (at: string) => { day: string; hour: number }) {
  const days: { day: string; cells: Cell[] }[] = [];
  for (const s of starts) {
    const { day, hour } = local(s.at);
    let last = days.at(-1);
    if (last?.day !== day) {
      if (days.length === 7) break; // a week of 169 hours has no eighth day
      last = { day, cells: [] };
      days.push(last);
    }
    last.cells.push({ hour, per_kwh: s.per_kwh, at: s.at });
  }
  return days;
}

/** The prices that a week has, the lowest first; null is free. */
export const pricesOf = (starts: readonly Start[]): (string | null)[] =>
  [...new Set(starts.map((s) => s.per_kwh))].sort((a, b) => Number(a ?? 0) - Number(b ?? 0));
