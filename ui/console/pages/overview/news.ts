/** A row of GET /stations, as far as it tells what happened. */
export interface Standing {
  id: string;
  connected: boolean;
  connected_at: string | null;
  disconnected_at: string | null;
  evses: { evse_id: number; connectors: { status: string; status_at: string | null }[] }[];
}
/** A row of GET /sessions, likewise. */
export interface Session {
  id: string;
  station_id: string;
  evse_id: number;
  state: string;
  started_at: string | null;
  stopped_at: string | null;
  energy_wh: number;
}

/** Something that happened. */
export interface News {
  id: string;
  at: number;
  kind: "state" | "connected" | "offline" | "started" | "finished";
  /** Of kind state: the state. */
  state: string;
  station: string;
  evse: number;
  href: string;
  energy_wh: number;
}

/** States of connectors that a session tells better. */
const quiet = new Set(["charging", "occupied", "unknown", ""]);

/** What happened last, the newest first, of what the newest rows tell. */
export function news(stations: readonly Standing[], sessions: readonly Session[], most: number): News[] {
  const out: News[] = [];
  const add = (at: string | null, n: Omit<News, "at" | "id">) => {
    if (at) out.push({ ...n, at: new Date(at).getTime(), id: `${n.kind} ${n.state} ${n.station} ${n.evse} ${at}` });
  };
  for (const s of stations) {
    const base = { station: s.id, evse: 0, energy_wh: 0, href: `/stations/${encodeURIComponent(s.id)}` };
    if (s.connected) add(s.connected_at, { ...base, kind: "connected", state: "" });
    else add(s.disconnected_at, { ...base, kind: "offline", state: "offline" });
    for (const e of s.evses) {
      for (const c of e.connectors) {
        if (!s.connected || quiet.has(c.status)) continue;
        add(c.status_at, {
          ...base,
          kind: "state",
          state: c.status,
          evse: e.evse_id,
          href: `${base.href}?evse=${e.evse_id}`,
        });
      }
    }
  }
  for (const s of sessions) {
    const base = {
      station: s.station_id,
      evse: s.evse_id,
      energy_wh: s.energy_wh,
      href: `/sessions/${encodeURIComponent(s.id)}`,
    };
    add(s.started_at, { ...base, kind: "started", state: "charging" });
    if (s.state === "closed") add(s.stopped_at, { ...base, kind: "finished", state: "finishing" });
  }
  return out.sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1)).slice(0, most);
}
