import type { Point } from "#shared/parts";

/** A time from start to before end. */
export interface Stretch {
  start: string;
  end: string;
}

export interface Slot extends Stretch {
  /** Per kWh, a decimal. */
  price: string;
}

/** An index: GET /spot-indexes. */
export interface Index {
  id: string;
  currency: string;
  time_zone: string;
  slot_minutes: number;
  due: string;
  alarm: string;
  fetched: boolean;
  fetched_at: string | null;
  failed_at: string | null;
  failure: string;
  missing: Stretch[];
  slots: Slot[];
}

/** GET /holidays. */
export interface Holidays {
  region: string;
  year: number;
  known: boolean;
  items: { date: string; name: string; own: boolean; removed: boolean }[];
  regions: string[];
}

/** Slots as steps of a chart, per MWh; a gap where none is known. */
export function stepsOf(slots: readonly Slot[]): Point[] {
  const out: Point[] = [];
  slots.forEach((s, i) => {
    const value = Number(s.price) * 1000;
    out.push([Date.parse(s.start), value]);
    if (slots[i + 1]?.start !== s.end) out.push([Date.parse(s.end), value], [Date.parse(s.end) + 1, null]);
  });
  return out;
}

/** The slot that holds a moment. */
export const slotAt = (slots: readonly Slot[], at: number) =>
  slots.find((s) => Date.parse(s.start) <= at && at < Date.parse(s.end));

/** Whether prices are missing of a time to come: of the slot that runs nothing can be known any more. */
export const lacks = (x: Pick<Index, "missing" | "slot_minutes">, now: number) =>
  x.missing.some((m) => Date.parse(m.end) > now + x.slot_minutes * 60_000);

/** The cheapest and the dearest of the slots. */
export function extremes(slots: readonly Slot[]): [Slot, Slot] | null {
  const sorted = [...slots].sort((a, b) => Number(a.price) - Number(b.price));
  const low = sorted[0];
  const high = sorted[sorted.length - 1];
  return low && high ? [low, high] : null;
}

/** The first moment of the slots that is on a later day than now, in a zone. */
export function nextDay(slots: readonly Slot[], now: number, zone: string): number | null {
  const date = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  const today = date.format(now);
  const first = slots.find((s) => date.format(Date.parse(s.start)) > today);
  return first ? Date.parse(first.start) : null;
}
