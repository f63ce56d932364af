/** Power over a finished session as a drawing: stretches of mean power, in a box of w × h. */
export interface TapeShape {
  line: string;
  area: string;
  /** W at the top. */
  peak: number;
  /** Where power ended for good, 0…w; w when it flowed to the end. */
  full: number;
  /** Minor and major marks of time, 0…w. */
  ticks: { x: number; major: boolean }[];
}

interface Stretch {
  start: string;
  end: string;
  w: number;
}

/** Draws the stretches between two moments; null when there is nothing to draw. */
export function tape(
  stretches: readonly Stretch[],
  start: string,
  stop: string,
  w: number,
  h: number,
): TapeShape | null {
  const from = Date.parse(start);
  const to = Date.parse(stop);
  const known = stretches.filter((s) => Date.parse(s.end) > Date.parse(s.start));
  if (!(to > from) || known.length === 0) return null;
  const x = (at: number) => Math.min(Math.max(((at - from) / (to - from)) * w, 0), w);
  const peak = Math.max(1, ...known.map((s) => s.w));
  const y = (v: number) => h - (Math.max(0, v) / peak) * h;
  let line = "";
  let area = "";
  let full = 0;
  for (const s of known) {
    const a = x(Date.parse(s.start));
    const b = x(Date.parse(s.end));
    line += `${line === "" ? "M" : "L"}${a.toFixed(1)} ${y(s.w).toFixed(1)}H${b.toFixed(1)}`;
    area += `M${a.toFixed(1)} ${h}V${y(s.w).toFixed(1)}H${b.toFixed(1)}V${h}Z`;
    if (s.w > peak * 0.005) full = b;
  }
  return { line, area, peak, full, ticks: ticks(from, to, x) };
}

/** A mark each minute with a long one each ten, or wider when the time is long. */
function ticks(from: number, to: number, x: (at: number) => number): TapeShape["ticks"] {
  const minutes = (to - from) / 60_000;
  const step = [1, 5, 15, 60, 360, 1440].find((m) => minutes / m <= 90) ?? 1440 * Math.ceil(minutes / (90 * 1440));
  const major = { 1: 10, 5: 12, 15: 4, 60: 6, 360: 4 }[step] ?? 7;
  return Array.from({ length: Math.floor(minutes / step) + 1 }, (_, i) => ({
    x: x(from + i * step * 60_000),
    major: i % major === 0,
  }));
}

/** A zone that this browser knows, or UTC. */
export function zoneOf(zone: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone || "UTC";
  } catch {
    return "UTC";
  }
}
