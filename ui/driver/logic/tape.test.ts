import { describe, expect, it } from "vitest";
import { tape, zoneOf } from "./tape";

const at = (min: number) => new Date(Date.UTC(2026, 10, 21, 10, min)).toISOString();
const s = (a: number, b: number, w: number) => ({ start: at(a), end: at(b), w });

describe("the tape of a receipt", () => {
  it("stays within its box and knows where power ended", () => {
    const d = tape([s(0, 10, 100_000), s(10, 20, 50_000), s(20, 40, 0)], at(0), at(40), 640, 50);
    expect(d).toMatchObject({ peak: 100_000, full: 320, line: "M0.0 0.0H160.0L160.0 25.0H320.0L320.0 50.0H640.0" });
    const numbers = d?.line.match(/[\d.]+/g)?.map(Number) ?? [];
    expect(Math.max(...numbers)).toBeLessThanOrEqual(640);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  });
  it("is none without a stretch or a length", () => {
    expect(tape([], at(0), at(40), 640, 50)).toBeNull();
    expect(tape([s(5, 5, 1)], at(0), at(40), 640, 50)).toBeNull();
    expect(tape([s(0, 5, 1)], at(5), at(5), 640, 50)).toBeNull();
    expect(tape([s(0, 5, 1)], "", at(5), 640, 50)).toBeNull();
  });
  it("has at most 91 marks of time, however long the session was", () => {
    for (const minutes of [1, 89, 91, 600, 3000, 20_000, 200_000, 5_000_000]) {
      const stop = new Date(Date.parse(at(0)) + minutes * 60_000).toISOString();
      const d = tape([s(0, 1, 1)], at(0), stop, 640, 50);
      expect(d?.ticks.length).toBeGreaterThan(0);
      expect(d?.ticks.length).toBeLessThanOrEqual(91);
      expect(d?.ticks[0]?.major).toBe(true);
    }
  });
  it("keeps feeding back at zero and lets no value out of the box", () => {
    expect(tape([s(0, 20, -5000), s(20, 40, 10)], at(0), at(40), 100, 10)?.line).toBe("M0.0 10.0H50.0L50.0 0.0H100.0");
  });
});

it("takes a zone nobody knows for UTC", () => {
  expect(zoneOf("Europe/Berlin")).toBe("Europe/Berlin");
  expect(zoneOf("Nowhere/At_All")).toBe("UTC");
  expect(zoneOf("")).toBe("UTC");
});
