import type { EvseCard, PlugState, SiteCard } from "./types";

/** What a driver can do with a plug: take it, wait for it, or go elsewhere. */
export type Use = "free" | "busy" | "broken";

const uses = new Map<string, Use>(
  Object.entries({
    available: "free",
    preparing: "busy",
    charging: "busy",
    suspended_ev: "busy",
    suspended_evse: "busy",
    finishing: "busy",
    reserved: "busy",
    faulted: "broken",
    offline: "broken",
    unavailable: "broken",
    updating: "broken",
    unknown: "broken",
  } satisfies Record<PlugState, Use>),
);

export function worth(state: string): Use {
  return uses.get(state) ?? "broken";
}

/** The plugs of a site as a row of marks: free first, then busy, then broken. */
export function marks(site: SiteCard): Use[] {
  const total = Math.max(0, site.evses_total);
  const free = clamp(site.evses_free, total);
  const broken = clamp(site.evses_broken, total - free);
  return [
    ...Array<Use>(free).fill("free"),
    ...Array<Use>(total - free - broken).fill("busy"),
    ...Array<Use>(broken).fill("broken"),
  ];
}

export type FlagTone = "chosen" | "many" | "few" | "none" | "broken";

export interface Flag {
  tone: FlagTone;
  /** "3/4"; empty where the triangle stands instead of numbers. */
  text: string;
  triangle: boolean;
}

/**
 * The flag of a site on the map: green when half or more plugs are free,
 * outlined when fewer, grey at none, a triangle when none works, ink when chosen.
 */
export function flag(site: SiteCard, chosen: boolean): Flag {
  const total = Math.max(0, site.evses_total);
  const free = clamp(site.evses_free, total);
  const triangle = total > 0 && clamp(site.evses_broken, total) === total;
  const text = triangle ? "" : `${free}/${total}`;
  if (chosen) return { tone: "chosen", text, triangle };
  if (triangle) return { tone: "broken", text, triangle };
  if (free === 0) return { tone: "none", text, triangle };
  return { tone: free * 2 >= total ? "many" : "few", text, triangle };
}

/** Key and values of the words for how many plugs are free. */
export function freeWords(site: SiteCard): { key: string; free: number; total: number; good: boolean } {
  const total = Math.max(0, site.evses_total);
  const free = clamp(site.evses_free, total);
  const broken = clamp(site.evses_broken, total);
  if (total === 0) return { key: "plug.freeNothing", free, total, good: false };
  if (broken === total) return { key: "plug.freeBroken", free, total, good: false };
  if (free === 0) return { key: "plug.freeNone", free, total, good: false };
  return { key: "plug.freeSome", free, total, good: true };
}

/** The plugs offered in the filter, in the order of how many cars take them. */
export const commonStandards = [
  "IEC_62196_T2_COMBO",
  "IEC_62196_T2",
  "CHADEMO",
  "SAE_J3400",
  "IEC_62196_T1",
  "DOMESTIC_F",
];

/** Whether one of the connectors fits one of those wanted. */
export function fits(has: readonly string[], wanted: readonly string[]): boolean {
  return wanted.length === 0 || has.some((s) => wanted.includes(s));
}

/** Plugs in the order a driver looks: free first, then by power, then by id. */
export function ordered(evses: readonly EvseCard[]): EvseCard[] {
  const rank: Record<Use, number> = { free: 0, busy: 1, broken: 2 };
  return [...evses].sort(
    (a, b) =>
      rank[worth(a.state)] - rank[worth(b.state)] ||
      b.max_power_w - a.max_power_w ||
      (a.station_id < b.station_id ? -1 : a.station_id > b.station_id ? 1 : a.evse_id - b.evse_id),
  );
}

/**
 * The number by which the plug is called on its site: its EVSE number alone
 * where one station stands there, else counted over all stations.
 */
export function plugNumber(evse: EvseCard, all: readonly EvseCard[]): number {
  const inOrder = [...all].sort((a, b) =>
    a.station_id < b.station_id ? -1 : a.station_id > b.station_id ? 1 : a.evse_id - b.evse_id,
  );
  const one = inOrder.every((e) => e.station_id === evse.station_id);
  return one ? evse.evse_id : inOrder.findIndex((e) => e.id === evse.id) + 1;
}

function clamp(n: number, top: number): number {
  return Math.min(Math.max(0, n), Math.max(0, top));
}
