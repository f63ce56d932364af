type Point = readonly [number, number | null];

/** Minutes after UTC of a zone at a moment. */
function offset(at: number, zone: string): number {
  const p = Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    })
      .formatToParts(at)
      .map((x) => [x.type, Number(x.value)]),
  ) as Record<string, number>;
  const wall = Date.UTC(p.year ?? 0, (p.month ?? 1) - 1, p.day ?? 1, p.hour ?? 0, p.minute ?? 0, p.second ?? 0);
  return Math.round((wall - Math.floor(at / 1000) * 1000) / 60_000);
}

/** The last midnight in a zone, ms; days of 23 or 25 hours included. */
export function midnightOf(at: number, zone: string): number {
  const wall = at + offset(at, zone) * 60_000;
  const day = Math.floor(wall / 86_400_000) * 86_400_000;
  const guess = day - offset(at, zone) * 60_000;
  return day - offset(guess, zone) * 60_000;
}

/**
 * Parts W of two days at `at`, in kW: today since midnight of the zone, and all
 * of yesterday moved to today. Yesterday is empty when nothing of it is known.
 */
export function days(points: readonly Point[], at: number, zone: string) {
  const midnight = midnightOf(at, zone);
  const before = midnightOf(midnight - 1, zone);
  const shift = midnight - before;
  const kw = (v: number | null) => (v === null ? null : v / 1000);
  const today: Point[] = [];
  const yesterday: Point[] = [];
  for (const [ms, v] of points) {
    if (ms >= midnight) today.push([ms, kw(v)]);
    else if (ms >= before) yesterday.push([ms + shift, kw(v)]);
  }
  return {
    midnight,
    end: midnight + 86_400_000,
    today,
    yesterday: yesterday.some(([, v]) => v !== null) ? yesterday : [],
  };
}
