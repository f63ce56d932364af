import { describe, expect, it } from "vitest";
import { byMonth, filled, monthName, plus, roundTop } from "./history";
import { session } from "./sample";

describe("months", () => {
  it("are those of the site's own clock", () => {
    const at = (started_at: string, time_zone = "Europe/Berlin") =>
      byMonth([session({ started_at, site: { id: "s", name: "n", time_zone } })])[0]?.key;
    expect(at("2026-10-31T23:30:00Z")).toBe("2026-11");
    expect(at("2026-10-31T23:30:00Z", "America/New_York")).toBe("2026-10");
    expect(at("2026-10-31T23:30:00Z", "Nowhere/At_All")).toBe("2026-10");
  });
  it("add up energy and each currency apart", () => {
    const m = byMonth([
      session({
        id: "c",
        started_at: "2026-11-03T10:00:00Z",
        energy_wh: 1000,
        cost: { amount_minor: 59, currency: "EUR" },
        cost_final: true,
      }),
      session({
        id: "b",
        started_at: "2026-11-02T10:00:00Z",
        energy_wh: 500,
        cost: { amount_minor: 41, currency: "EUR" },
        cost_final: true,
      }),
      session({
        id: "a",
        started_at: "2026-10-02T10:00:00Z",
        energy_wh: 1,
        cost: { amount_minor: 7, currency: "CHF" },
      }),
      session({ id: "0", started_at: "2026-10-01T10:00:00Z", cost: null, cost_final: true }),
    ]);
    expect(m.map((x) => [x.key, x.energy_wh, x.cost, x.open, x.sessions.map((s) => s.id).join("")])).toEqual([
      ["2026-11", 1500, [{ amount_minor: 100, currency: "EUR" }], false, "cb"],
      ["2026-10", 1, [{ amount_minor: 7, currency: "CHF" }], true, "a0"],
    ]);
  });
  it("have names", () => {
    expect(monthName("2026-11", "de")).toBe("November 2026");
    expect(monthName("", "de")).toBe("");
  });
});

describe("periods", () => {
  const p = (from: string) => ({ from, energy_wh: 9, sessions: 1, cost: [] });
  it("leave no month out and cross the year", () => {
    const f = filled(
      [p("2025-12-01T00:00:00Z"), p("2026-02-01T00:00:00Z"), p("2020-01-01T00:00:00Z")],
      "month",
      4,
      new Date("2026-02-28T23:59:59Z"),
    );
    expect(f.map((x) => [x.from.slice(0, 7), x.sessions])).toEqual([
      ["2025-11", 0],
      ["2025-12", 1],
      ["2026-01", 0],
      ["2026-02", 1],
    ]);
  });
  it("know a month that begins in another zone", () => {
    const f = filled(
      [p("2025-12-31T23:00:00Z"), p("2026-02-01T05:00:00Z")],
      "month",
      2,
      new Date("2026-02-10T00:00:00Z"),
    );
    expect(f.map((x) => [x.from, x.sessions])).toEqual([
      ["2026-01-01T00:00:00.000Z", 1],
      ["2026-02-01T00:00:00.000Z", 1],
    ]);
    expect(filled([p("2025-12-31T23:00:00Z")], "year", 1, new Date("2026-02-10T00:00:00Z"))[0]?.sessions).toBe(1);
  });
  it("hold on the 31st", () => {
    expect(filled([], "month", 3, new Date("2026-03-31T12:00:00Z")).map((x) => x.from.slice(0, 7))).toEqual([
      "2026-01",
      "2026-02",
      "2026-03",
    ]);
    expect(filled([], "year", 2, new Date("2026-03-31T12:00:00Z")).map((x) => x.from.slice(0, 4))).toEqual([
      "2025",
      "2026",
    ]);
  });
});

it("adds without changing what it was given", () => {
  const sum = [{ amount_minor: 1, currency: "EUR" }];
  expect(plus(sum, { amount_minor: 2, currency: "EUR" })).toEqual([{ amount_minor: 3, currency: "EUR" }]);
  expect(sum[0]?.amount_minor).toBe(1);
});

it("ends a scale at a round number", () => {
  expect([0, 0.3, 1, 1.1, 20, 21, 60, 100, 4321].map(roundTop)).toEqual([1, 1, 1, 2, 20, 30, 60, 100, 5000]);
});
