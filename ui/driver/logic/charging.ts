import { left } from "./clock";
import type { Course, Idle, MySession, Series } from "./types";

const open = new Set(["pending", "charging", "suspended", "finishing", "open"]);

/** Whether a session still runs: it has no end yet. */
export function running(s: Pick<MySession, "state" | "stopped_at">): boolean {
  return s.stopped_at === null && (open.has(s.state) || s.state === "");
}

export type Phase = "starting" | "charging" | "paused_by_car" | "held" | "finished" | "ended";

/** Which state of the plug a running session is shown in. */
export function phase(s: Pick<MySession, "state" | "charging_state" | "stopped_at">): Phase {
  if (!running(s)) return "ended";
  switch (s.charging_state) {
    case "Charging":
    case "charging":
      return "charging";
    case "SuspendedEV":
    case "suspended_ev":
      return "paused_by_car";
    case "SuspendedEVSE":
    case "suspended_evse":
      return "held";
    case "EVConnected":
    case "ev_connected":
      return s.state === "pending" ? "starting" : "finished";
    case "Idle":
    case "idle":
      return "finished";
  }
  switch (s.state) {
    case "charging":
      return "charging";
    case "suspended":
      return "paused_by_car";
    case "finishing":
      return "finished";
  }
  return "starting";
}

export type Fee =
  | { kind: "none" }
  | { kind: "after"; fee: string; per: string }
  | { kind: "later"; fee: string; per: string; ms: number }
  | { kind: "soon"; fee: string; per: string; ms: number }
  | { kind: "runs"; fee: string; per: string; since: string };

/** A fee nearer than this is counted down by the second. */
export const soon = 10 * 60 * 1000;

/** The next fee of a session: none, once the vehicle is done, due in a while, counted down, or running. */
export function nextFee(idle: Idle | null, now: number): Fee {
  if (!idle || !(Number(idle.fee) > 0)) return { kind: "none" };
  const { fee, per } = idle;
  if (idle.starts_at === null) return { kind: "after", fee, per };
  const at = Date.parse(idle.starts_at);
  if (Number.isNaN(at)) return { kind: "none" };
  const ms = left(at, now);
  if (ms === 0) return { kind: "runs", fee, per, since: idle.starts_at };
  return { kind: ms <= soon ? "soon" : "later", fee, per, ms };
}

/** What stands large on the page: state of charge where it is known, energy else. */
export function hero(
  s: Pick<MySession, "soc" | "energy_wh">,
): { kind: "soc"; value: number } | { kind: "energy"; wh: number } {
  return s.soc === null || s.soc < 0 || s.soc > 100
    ? { kind: "energy", wh: Math.max(0, s.energy_wh) }
    : { kind: "soc", value: Math.round(s.soc) };
}

/** The first known state of charge of a session, for the grey part of its rule. */
export function startSoc(series: Series): number | null {
  for (const [, v] of series) if (v !== null) return v;
  return null;
}

const window = 6 * 60 * 1000;

/**
 * Milliseconds until the target is reached, by how the state of charge rose in
 * the last six minutes of the series; null where nothing can be said: too short
 * a time, no rise, target reached, or more than twelve hours.
 */
export function untilTarget(series: Series, target: number): number | null {
  const known = series.filter((p): p is [number, number] => p[1] !== null);
  const last = known.at(-1);
  if (!last || last[1] >= target) return null;
  const first = known.find(([t]) => t >= last[0] - window);
  if (!first || last[0] - first[0] < 60_000) return null;
  const rate = (last[1] - first[1]) / (last[0] - first[0]);
  if (rate <= 0) return null;
  const ms = (target - last[1]) / rate;
  return ms > 12 * 3_600_000 ? null : ms;
}

/** About how many minutes: exact to 1 below ten, to 5 below an hour, to 15 above. */
export function aboutMinutes(ms: number): number {
  const m = ms / 60_000;
  if (m < 10) return Math.max(1, Math.round(m));
  const step = m < 60 ? 5 : 15;
  return Math.round(m / step) * step;
}

export interface Held {
  /** The limit that holds the session back, in W. */
  w: number;
  since: number;
}

/**
 * The limit that is felt now: lower than what the plug can give, and power is
 * close to it (95 %). Null when the car or the plug itself decides.
 */
export function heldBy(c: Pick<Course, "limit" | "limit_w" | "power_w">, maxPower: number): Held | null {
  const w = c.limit_w;
  if (w === null || c.power_w === null || (maxPower > 0 && w >= maxPower * 0.99)) return null;
  if (c.power_w < w * 0.95) return null;
  let since: number | null = null;
  for (const [t, v] of c.limit) since = v === w ? (since ?? t) : null;
  return since === null ? null : { w, since };
}

/**
 * Whether the car itself slows down: no limit is felt, and power of the last
 * three minutes is under four fifths of the highest of the session.
 */
export function carSlows(c: Pick<Course, "power" | "limit" | "limit_w" | "power_w">, maxPower: number): boolean {
  if (heldBy(c, maxPower) || c.power_w === null || c.power_w <= 0) return false;
  const known = c.power.filter((p): p is [number, number] => p[1] !== null);
  const last = known.at(-1);
  if (!last) return false;
  const recent = known.filter(([t]) => t >= last[0] - 180_000);
  const peak = known.reduce((m, [, v]) => Math.max(m, v), 0);
  return peak > 0 && recent.length > 0 && recent.every(([, v]) => v < peak * 0.8);
}

export interface LimitStep {
  at: number;
  /** W; null when the limit was lifted. */
  w: number | null;
}

/** The moments at which the limit changed to something below what the plug gives, the latest last, at most n. */
export function limitSteps(limit: Series, maxPower: number, n: number): LimitStep[] {
  const steps: LimitStep[] = [];
  let before: number | null = null;
  for (const [at, raw] of limit) {
    const w = raw !== null && maxPower > 0 && raw >= maxPower * 0.99 ? null : raw;
    if (w !== before) steps.push({ at, w });
    before = w;
  }
  if (steps[0]?.w === null) steps.shift();
  return steps.slice(-n);
}

/** A value measured longer ago than this is stale on a driver's screen. */
export const staleAfter = 90_000;

/** Mean power of a finished session in W; null without a length. */
export function meanPower(s: Pick<MySession, "started_at" | "stopped_at" | "energy_wh">): number | null {
  if (!s.started_at || !s.stopped_at) return null;
  const h = (Date.parse(s.stopped_at) - Date.parse(s.started_at)) / 3_600_000;
  return h > 0 ? s.energy_wh / h : null;
}
