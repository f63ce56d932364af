import { describe, expect, it } from "vitest";
import { type Assignment, daysText, dimensionsOf, placesOf, rateFile, whenParts } from "./logic";

const name = (n: number) => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][n] ?? "?";
const say = (k: string, w: Record<string, string | number> = {}) => [k, ...Object.values(w)].join(" ");

describe("a tariff in words", () => {
  it("joins days that follow each other", () => {
    expect(daysText(["FRIDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY"], name)).toBe("Mon–Fri");
    expect(daysText(["SATURDAY", "SUNDAY", "TUESDAY"], name)).toBe("Tue, Sat, Sun");
    expect(daysText([], name)).toBe("");
    expect(daysText(["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"], name)).toBe("");
  });
  it("says when a price holds", () => {
    expect(whenParts(undefined, say, name)).toEqual([]);
    expect(
      whenParts({ start_time: "20:00", end_time: "06:00", min_duration: 3600, min_kwh: "0", max_kwh: 20 }, say, name),
    ).toEqual(["clock 20:00 06:00", "between 0 20 kWh", "above 60 min"]);
    expect(whenParts({ max_duration: 90, reservation: "RESERVATION_EXPIRES" }, say, name)).toEqual([
      "expired",
      "below 90 s",
    ]);
  });
  it("lists dimensions in order, unknown ones last", () => {
    const c = (type: string) => ({ type, price: 1 });
    expect(
      dimensionsOf([{ price_components: [c("NEW"), c("FLAT")] }, { price_components: [c("ENERGY")] }, {}]),
    ).toEqual(["ENERGY", "FLAT", "NEW"]);
  });
});

describe("prices", () => {
  it("makes a session to be priced", () => {
    const f = rateFile({ id: "T" }, "Europe/Berlin", {
      start: "2026-03-10T12:00:00Z",
      kwh: 22.5,
      charging: 45,
      parked: 15,
    }) as {
      session: { segments: { start: string; end: string; energy_wh: number; state: string; power_kw: number }[] };
    };
    expect(f.session.segments).toEqual([
      {
        start: "2026-03-10T12:00:00.000Z",
        end: "2026-03-10T12:45:00.000Z",
        energy_wh: 22500,
        state: "CHARGING",
        power_kw: 30,
      },
      {
        start: "2026-03-10T12:45:00.000Z",
        end: "2026-03-10T13:00:00.000Z",
        energy_wh: 0,
        state: "SUSPENDED_EV",
        power_kw: 0,
      },
    ]);
  });
  it("orders places by what wins", () => {
    const a = (kind: Assignment["kind"], place: string, tariff_id = "T"): Assignment => ({ kind, place, tariff_id });
    expect(
      placesOf([a("tenant", "x"), a("site", "b"), a("site", "a"), a("station", "s"), a("site", "c", "U")], "T").map(
        (p) => p.place,
      ),
    ).toEqual(["s", "a", "b", "x"]);
  });
});
