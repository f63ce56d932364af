import type { Amount, MySession, Period } from "./types";

export interface Month {
  /** "2026-11", in the zone of each session's site. */
  key: string;
  sessions: MySession[];
  energy_wh: number;
  cost: Amount[];
  /** Some costs are not final yet. */
  open: boolean;
}

/** Sessions by the month they began in, in their site's zone; newest month first, order within kept. */
export function byMonth(sessions: readonly MySession[]): Month[] {
  const months = new Map<string, Month>();
  for (const s of sessions) {
    const key = monthOf(s.started_at, s.site.time_zone);
    const m = months.get(key) ?? { key, sessions: [], energy_wh: 0, cost: [], open: false };
    m.sessions.push(s);
    m.energy_wh += s.energy_wh;
    if (s.cost) m.cost = plus(m.cost, s.cost);
    m.open ||= !s.cost_final;
    months.set(key, m);
  }
  return [...months.values()].sort((a, b) => (a.key < b.key ? 1 : a.key > b.key ? -1 : 0));
}

/** The sum per currency; minor units stay whole. */
export function plus(sum: readonly Amount[], x: Amount): Amount[] {
  return sum.some((a) => a.currency === x.currency)
    ? sum.map((a) => (a.currency === x.currency ? { ...a, amount_minor: a.amount_minor + x.amount_minor } : a))
    : [...sum, x];
}

function monthOf(at: string | null, zone: string): string {
  if (!at) return "";
  try {
    const p = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone || "UTC",
      year: "numeric",
      month: "2-digit",
    }).formatToParts(new Date(at));
    const of = (t: string) => p.find((x) => x.type === t)?.value ?? "";
    return `${of("year")}-${of("month")}`;
  } catch {
    return at.slice(0, 7);
  }
}

/** "November 2026" of "2026-11". */
export function monthName(key: string, language: string): string {
  if (!/^\d{4}-\d{2}$/.test(key)) return "";
  return new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${key}-15T12:00:00Z`),
  );
}

/**
 * The last n periods up to now with nothing left out: a month without charging
 * is a month with 0. The server's periods begin in a site's own zone, which is
 * up to a day off UTC; what comes out begins in UTC.
 */
export function filled(periods: readonly Period[], by: "month" | "year", n: number, now: Date): Period[] {
  const cut = by === "month" ? 7 : 4;
  const have = new Map<string, Period>();
  for (const p of periods) {
    const within = Date.parse(p.from) + 15 * 86_400_000;
    if (!Number.isNaN(within)) have.set(new Date(within).toISOString().slice(0, cut), p);
  }
  return Array.from({ length: n }, (_, i) => {
    const back = n - 1 - i;
    const from = (
      by === "month"
        ? new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1))
        : new Date(Date.UTC(now.getUTCFullYear() - back, 0, 1))
    ).toISOString();
    return { energy_wh: 0, sessions: 0, cost: [], ...have.get(from.slice(0, cut)), from };
  });
}

/** A round top for a scale: 1, 2, 3, 4, 5, 6 or 8 times a power of ten, at least 1. */
export function roundTop(n: number): number {
  if (!(n > 0)) return 1;
  const p = 10 ** Math.floor(Math.log10(n));
  const m = [1, 2, 3, 4, 5, 6, 8, 10].find((x) => x * p >= n * (1 - 1e-9)) ?? 10;
  return Math.max(1, m * p);
}
