/** A row of GET /stations, as far as it is work. */
export interface Station {
  id: string;
  name: string;
  site_name: string;
  overall_status: string;
  status_at: string | null;
  disconnected_at: string | null;
  connected_at: string | null;
  error: { evse_id: number; code: string; vendor_code: string; info: string } | null;
  evses: { evse_id: number }[];
}
export interface Held {
  id: string;
  station_id: string;
  evse_id: number;
  site_name: string;
  stopped_at: string | null;
  updated_at: string;
}
export interface Report {
  id: string;
  site_id: string;
  station_id: string;
  evse_id: number;
  kind: "broken" | "blocked" | "price" | "other";
  text: string;
  created_at: string;
}

/** One thing that waits for somebody. */
export interface Task {
  id: string;
  kind: "fault" | "offline" | "held" | "report" | "onboarding";
  level: "fault" | "warn" | "note";
  href: string;
  where: string;
  /** Since when; null when it never was otherwise. */
  at: string | null;
  /** The station's or driver's own words. */
  quote?: string;
  code: string;
  evse: number;
  n: number;
}

const rank = { fault: 0, warn: 1, note: 2 };

/** All that waits, the worst first and what began last before what waits longer. */
export function tasks(from: {
  stations: readonly Station[];
  held: readonly Held[];
  reports: readonly Report[];
  onboarding: number;
}): Task[] {
  const out: Task[] = [];
  for (const s of from.stations) {
    const at = `/stations/${encodeURIComponent(s.id)}`;
    const where = [s.id, s.site_name].filter(Boolean).join(", ");
    if (s.overall_status === "faulted") {
      out.push({
        id: s.id,
        kind: "fault",
        level: "fault",
        href: s.error?.evse_id ? `${at}?evse=${s.error.evse_id}` : at,
        where,
        at: s.status_at,
        quote: [s.error?.vendor_code, s.error?.info].filter(Boolean).join(" ") || undefined,
        code: s.error?.code ?? "",
        evse: s.error?.evse_id ?? 0,
        n: 0,
      });
    } else if (s.overall_status === "offline") {
      const since = s.disconnected_at ?? (s.connected_at ? s.status_at : null);
      out.push({
        id: s.id,
        kind: "offline",
        level: since ? "warn" : "note",
        href: at,
        where,
        at: since,
        code: "",
        evse: 0,
        n: s.evses.length,
      });
    }
  }
  for (const s of from.held) {
    out.push({
      id: s.id,
      kind: "held",
      level: "warn",
      href: `/sessions/${encodeURIComponent(s.id)}`,
      where: [`${s.station_id} EVSE ${s.evse_id}`, s.site_name].filter(Boolean).join(", "),
      at: s.stopped_at ?? s.updated_at,
      code: "",
      evse: s.evse_id,
      n: 0,
    });
  }
  for (const r of from.reports) {
    out.push({
      id: r.id,
      kind: "report",
      level: r.kind === "broken" ? "warn" : "note",
      href: `/reports?report=${encodeURIComponent(r.id)}`,
      where: r.station_id ? `${r.station_id}${r.evse_id ? ` EVSE ${r.evse_id}` : ""}` : r.site_id,
      at: r.created_at,
      quote: r.text || undefined,
      code: r.kind,
      evse: r.evse_id,
      n: 0,
    });
  }
  if (from.onboarding > 0) {
    out.push({
      id: "onboarding",
      kind: "onboarding",
      level: "note",
      href: "/onboarding",
      where: "",
      at: null,
      code: "",
      evse: 0,
      n: from.onboarding,
    });
  }
  const ms = (x: Task) => (x.at ? new Date(x.at).getTime() : 0);
  return out.sort((a, b) => rank[a.level] - rank[b.level] || ms(b) - ms(a) || (a.id < b.id ? -1 : 1));
}
