import { describe, expect, it } from "vitest";
import { addressLine, bounds, distanceText, metres, routeLink, sorted } from "./place";
import { site } from "./sample";

describe("distance", () => {
  it("is that of the great circle", () => {
    expect(metres({ lat: 0, lon: 0 }, { lat: 0, lon: 1 })).toBeCloseTo(111_194.93, 0);
    expect(metres({ lat: 52.52, lon: 13.405 }, { lat: 48.137, lon: 11.575 })).toBeGreaterThan(500_000);
    expect(metres({ lat: 10, lon: 179.99 }, { lat: 10, lon: -179.99 })).toBeLessThan(2500);
    expect(metres({ lat: 5, lon: 5 }, { lat: 5, lon: 5 })).toBe(0);
  });
  it.each([
    [378, "en", "380 m"],
    [994, "en", "990 m"],
    [996, "en", "1.0 km"],
    [1240, "de", "1,2 km"],
    [9960, "en", "10 km"],
    [24_300, "en", "24 km"],
  ])("%d m is %s %s", (m, language, want) => expect(distanceText(m, language)).toBe(want));
});

describe("order", () => {
  const near = site({ id: "n", name: "Near", latitude: 47, longitude: 11, price: null, max_power_w: 22_000 });
  const far = site({ id: "f", name: "Far", latitude: 48, longitude: 11, max_power_w: 150_000 });
  const lost = site({
    id: "l",
    name: "Lost",
    latitude: null,
    longitude: null,
    max_power_w: 50_000,
    price: { sentence: "", currency: "EUR", per_kwh: "0.3" },
  });
  const ids = (l: { id: string }[]) => l.map((s) => s.id).join("");
  it("puts the nearest first and those without a place last", () =>
    expect(ids(sorted([lost, far, near], "near", { lat: 46.9, lon: 11 }))).toBe("nfl"));
  it("goes by name without a position", () => expect(ids(sorted([near, lost, far], "near", null))).toBe("fln"));
  it("puts the cheapest first and no price last", () =>
    expect(ids(sorted([near, far, lost], "price", null))).toBe("lfn"));
  it("puts the strongest first", () => expect(ids(sorted([near, far, lost], "power", null))).toBe("fln"));
});

describe("bounds", () => {
  it("hold every site with a place", () => {
    const b = bounds([
      site({ latitude: 47, longitude: 11 }),
      site({ latitude: 48, longitude: 12 }),
      site({ latitude: null, longitude: null }),
    ]);
    expect(b).not.toBeNull();
    const [w, s, e, n] = b ?? [0, 0, 0, 0];
    expect(w < 11 && e > 12 && s < 47 && n > 48).toBe(true);
    expect(bounds([])).toBeNull();
  });
});

describe("the way there", () => {
  it("opens what the device has", () => {
    const s = site({ name: "A & B (Süd)" });
    expect(routeLink(s, "Android 16")).toBe("geo:47.200000,11.400000?q=47.200000,11.400000(A%20%26%20B%20(S%C3%BCd))");
    expect(routeLink(s, "iPhone")).toContain("maps.apple.com/?daddr=47.2");
    expect(routeLink(s, "X11; Linux")).toContain("openstreetmap.org");
    expect(routeLink(site({ latitude: null }), "iPhone")).toBeNull();
  });
  it("writes an address without gaps", () => {
    expect(addressLine(site())).toBe("Am Markt 3, 12345 Erlental");
    expect(addressLine(site({ address: "", postal_code: "" }))).toBe("Erlental");
  });
});
