const second = 1000;

/** What is left until a moment in ms, rounded up to a whole second, so that 0 is the end; 0 when it is past or no moment. */
export function left(until: string | number, now: number): number {
  const t = typeof until === "number" ? until : Date.parse(until);
  if (Number.isNaN(t)) return 0;
  return Math.max(0, Math.ceil((t - now) / second) * second);
}
