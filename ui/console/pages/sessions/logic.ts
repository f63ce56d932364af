import type { State } from "#shared/parts";
import type { Reading, Session } from "./types";

/** The states that the list can be narrowed to. */
export const listStates = [
  "open",
  "charging",
  "suspended",
  "finishing",
  "pending",
  "closed",
  "held",
  "estimated",
  "failed",
] as const;

/** What the address asks for, without words that the API does not know. */
export const knownStates = (csv: string) =>
  csv
    .split(",")
    .filter((s) => (listStates as readonly string[]).includes(s))
    .join(",");

/** How far a closed session's bill is; null while it is open. */
export type Bill = "billed" | "held" | "void" | "waiting";
export function billOf(s: Pick<Session, "state" | "held" | "flags" | "cost">): Bill | null {
  if (s.state !== "closed") return null;
  if (s.flags?.includes("void")) return "void";
  if (s.held) return "held";
  return s.cost ? "billed" : "waiting";
}

/** The state of the vehicle at the plug of an open session. */
export function flowOf(s: Pick<Session, "state" | "charging_state">): State {
  switch (s.charging_state) {
    case "charging":
      return "charging";
    case "suspended_ev":
      return "suspended_ev";
    case "suspended_evse":
      return "suspended_evse";
    case "ev_connected":
      return "preparing";
    case "idle":
      return "finishing";
  }
  return (
    ({ pending: "preparing", charging: "charging", suspended: "suspended_ev", finishing: "finishing" } as const)[
      s.state as "pending"
    ] ?? "unknown"
  );
}

const quiet = new Set(["reviewed", "void", "samples_thinned"]);
/** What is strange about a session, the ones that hold it first. */
export const strange = (flags: readonly string[] | null) => (flags ?? []).filter((f) => !quiet.has(f));

/** The flags after which no price can be accepted, in the server's order, and the words for why. */
const unpriced = {
  no_tariff: "sessions.reviewOnlyVoid",
  tariff_unusable: "sessions.reviewOnlyVoid",
  price_differs: "sessions.reviewOtherPrice",
  no_calendar: "sessions.reviewNoCalendar",
  no_tax: "sessions.reviewNoTax",
} as const;

/** Why a session can only be voided; undefined when a price can be accepted. */
export const onlyVoid = (flags: readonly string[] | null) =>
  Object.entries(unpriced).find(([f]) => flags?.includes(f))?.[1];

/** The end of a token, as everywhere: "…7F2C". */
export const tokenHint = (tag: string) => (tag.length > 4 ? `…${tag.slice(-4)}` : tag);

/** How long a session takes, or took, in seconds; null before it began. */
export function lasting(s: Pick<Session, "started_at" | "stopped_at" | "state">, now: number): number | null {
  if (!s.started_at) return null;
  const end = s.state === "closed" && s.stopped_at ? Date.parse(s.stopped_at) : now;
  return Math.max(0, (end - Date.parse(s.started_at)) / 1000);
}

/** Minutes by which a zone is ahead of UTC at a moment. */
function ahead(at: number, zone: string): number {
  const p = Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    })
      .formatToParts(at)
      .map((x) => [x.type, x.value]),
  );
  const local = Date.UTC(+`${p.year}`, +`${p.month}` - 1, +`${p.day}`, +`${p.hour}`, +`${p.minute}`, +`${p.second}`);
  return Math.round((local - Math.floor(at / 1000) * 1000) / 60_000);
}

/** The instant of a wall time ("2026-11-20T00:00") in a zone, RFC 3339; undefined when it is no time. */
export function instant(wall: string, zone: string): string | undefined {
  const utc = Date.parse(`${wall}Z`);
  if (Number.isNaN(utc)) return undefined;
  const first = utc - ahead(utc, zone) * 60_000;
  return new Date(utc - ahead(first, zone) * 60_000).toISOString();
}

/** A day in a zone, "2026-11-20", some days away from a moment's. */
export function dayIn(zone: string, at: number, away = 0): string {
  const x = at + ahead(at, zone) * 60_000 + away * 86_400_000;
  return new Date(x).toISOString().slice(0, 10);
}

/** From midnight of the first to midnight after the last day, as the API takes them. */
export function period(from: string, to: string, zone: string): { from?: string; to?: string } {
  return {
    from: from ? instant(`${from}T00:00`, zone) : undefined,
    to: to
      ? instant(`${new Date(Date.parse(`${to}T00:00Z`) + 86_400_000).toISOString().slice(0, 10)}T00:00`, zone)
      : undefined,
  };
}

/** The first and the last register reading, and how many are signed. */
export function registers(readings: readonly Reading[] | null) {
  const all = readings ?? [];
  return { first: all[0], last: all.at(-1), signed: all.filter((r) => r.signed).length, count: all.length };
}

/** Readings with a silence of more than `gap` ms before them, at most 50. */
export function gaps(readings: readonly Reading[] | null, gap = 30 * 60_000): { from: string; to: string }[] {
  const all = readings ?? [];
  const out: { from: string; to: string }[] = [];
  for (let i = 1; i < all.length && out.length < 50; i++) {
    const a = all[i - 1] as Reading;
    const b = all[i] as Reading;
    if (Date.parse(b.at) - Date.parse(a.at) > gap) out.push({ from: a.at, to: b.at });
  }
  return out;
}

/** A file of one session that `chargewright simulate --sessions` replays. */
export function replayFile(s: Session, now: number): string {
  const start = s.started_at ?? s.created_at;
  const end = s.stopped_at ?? new Date(now).toISOString();
  const cell = (v: string) => (/[",\n\r]/.test(v) ? `"${v.replaceAll('"', '""')}"` : v);
  const row = [s.id, s.station_id, start, end, (s.energy_wh / 1000).toFixed(3)].map(cell).join(",");
  return `session_id,station_id,arrival,departure,energy_kwh\n${row}\n`;
}
