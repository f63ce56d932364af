import { expect, test } from "vitest";
import { cluster, extent, type Spot } from "./cluster";

const spot = (id: string, lon: number, lat: number, level: Spot["level"] = "well"): Spot => ({
  id,
  name: id,
  lon,
  lat,
  level,
});

test("near sites share a mark as bad as the worst; nothing is lost at any zoom", () => {
  const spots = [spot("a", 8.58, 53.541), spot("b", 8.5801, 53.5411, "fault"), spot("c", 8.744, 53.602, "warn")];
  for (let zoom = 0; zoom <= 18; zoom += 0.5) {
    const out = cluster(spots, zoom, null);
    expect(out.reduce((n, c) => n + c.count, 0)).toBe(3);
    expect(out.some((c) => c.level === "fault")).toBe(true);
  }
  expect(cluster(spots, 0, null)).toHaveLength(1);
  const near = cluster(spots, 18, null);
  expect(near.map((c) => c.id).sort()).toEqual(["a", "b", "c"]);
  expect(near.find((c) => c.id === "b")).toMatchObject({ lon: 8.5801, lat: 53.5411, count: 1 });
});

test("marks are bounded by the view, not by the number of sites", () => {
  const spots = Array.from({ length: 10_000 }, (_, i) =>
    spot(`s${i}`, -10 + (i % 100) * 0.4, 36 + Math.floor(i / 100) * 0.25),
  );
  expect(cluster(spots, 4, [-10, 36, 30, 61]).length).toBeLessThan(1_000);
  expect(cluster(spots, 8, [0, 50, 2, 51]).length).toBeLessThan(200);
  expect(cluster(spots, 8, [0, 50, 2, 51]).length).toBeGreaterThan(0);
});

test("the extent holds all places, poles do not break", () => {
  expect(extent([])).toBeNull();
  expect(extent([spot("a", 8, 50), spot("b", -3, 55)])).toEqual([-3, 50, 8, 55]);
  expect(Number.isFinite(cluster([spot("n", 0, 90)], 4, null)[0]?.lat ?? Number.NaN)).toBe(true);
});
