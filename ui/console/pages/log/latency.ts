import { duration, num } from "#shared/format";

/** Short times in ms, long ones in words. Microseconds in. */
export const latency = (us: number) =>
  us < 1_000_000 ? `${num(us / 1000, us < 100_000 ? 1 : 0)} ms` : duration(us / 1000);
