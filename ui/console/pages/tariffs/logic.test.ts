import { describe, expect, it } from "vitest";
import { type Assignment, daysText, dimensionsOf, placesOf, spot, whenParts } from "./logic";

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

describe("where a tariff is offered", () => {
  const a = (part: Partial<Assignment>): Assignment => ({
    ...{ id: "off_1", kind: "tenant", place: "tn", audience: "all", group_id: "", tariff_id: "T" },
    ...{ from: null, until: null, in_force: true },
    ...part,
  });
  it("is in the order of places, and of their beginnings", () => {
    const all = [
      a({ id: "1" }),
      a({ id: "2", kind: "site", place: "b" }),
      a({ id: "3", kind: "site", place: "a", from: "2027-01-01T00:00:00Z", in_force: false }),
      a({ id: "4", kind: "site", place: "a", from: "2026-01-01T00:00:00.5Z" }),
      a({ id: "5", kind: "connector", place: "s/1/2" }),
      a({ id: "6", kind: "evse", place: "s/1" }),
      a({ id: "7", kind: "station", place: "s" }),
      a({ id: "8", tariff_id: "U" }),
    ];
    expect(placesOf(all, "T").map((x) => x.id)).toEqual(["5", "6", "7", "4", "3", "2", "1"]);
    expect(all[0]?.id).toBe("1");
  });
  it("names what it is of a station, and nothing of wider places", () => {
    expect(spot(a({ kind: "connector", place: "CP-1/2/3" }))).toEqual({ station: "CP-1", evse: "2", connector: "3" });
    expect(spot(a({ kind: "station", place: "CP-1" }))).toEqual({ station: "CP-1", evse: "", connector: "" });
    expect(spot(a({ kind: "site", place: "site/1" }))).toEqual({ station: "", evse: "", connector: "" });
  });
});
