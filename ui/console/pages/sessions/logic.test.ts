import { describe, expect, it } from "vitest";
import {
  billOf,
  dayIn,
  flowOf,
  gaps,
  instant,
  knownStates,
  lasting,
  onlyVoid,
  period,
  registers,
  replayFile,
} from "./logic";
import type { Reading, Session } from "./types";

const read = (at: string, n: number, signed?: string): Reading => ({
  at,
  register_mwh: n,
  begin: false,
  end: false,
  signed,
});

describe("states", () => {
  it("says how far a bill is", () => {
    const s = { state: "closed", held: false, flags: [], cost: null } as const;
    expect(billOf({ ...s, flags: null, state: "charging" })).toBeNull();
    expect(billOf({ ...s, flags: null })).toBe("waiting");
    expect(billOf({ ...s, flags: [], cost: { amount_minor: 0, currency: "EUR" } })).toBe("billed");
    expect(billOf({ ...s, flags: ["meter_jumped"], held: true })).toBe("held");
    expect(billOf({ ...s, flags: ["void", "meter_jumped"], held: false })).toBe("void");
  });
  it("takes the vehicle's state, else the session's", () => {
    expect(flowOf({ state: "charging", charging_state: "suspended_evse" })).toBe("suspended_evse");
    expect(flowOf({ state: "finishing", charging_state: "" })).toBe("finishing");
    expect(flowOf({ state: "closed", charging_state: "new word" })).toBe("unknown");
  });
  it("drops states that the server does not know", () => {
    expect(knownStates("open,broken,held")).toBe("open,held");
    expect(knownStates("broken")).toBe("");
  });
  it("knows when there is no price to accept", () => {
    expect(onlyVoid(["meter_jumped", "no_tariff"])).toBe("sessions.reviewOnlyVoid");
    expect(onlyVoid(["tariff_unusable"])).toBe("sessions.reviewOnlyVoid");
    expect(onlyVoid(["price_differs"])).toBe("sessions.reviewOtherPrice");
    expect(onlyVoid(["no_calendar"])).toBe("sessions.reviewNoCalendar");
    expect(onlyVoid(["no_tax"])).toBe("sessions.reviewNoTax");
    expect(onlyVoid(["no_tax", "no_calendar", "price_differs"])).toBe("sessions.reviewOtherPrice");
    expect(onlyVoid(["meter_jumped"])).toBeUndefined();
    expect(onlyVoid(null)).toBeUndefined();
  });
});

describe("times", () => {
  it("finds midnight in a zone, across the change of the clocks", () => {
    expect(instant("2026-11-20T00:00", "Europe/Berlin")).toBe("2026-11-19T23:00:00.000Z");
    expect(instant("2026-07-01T00:00", "Europe/Berlin")).toBe("2026-06-30T22:00:00.000Z");
    expect(instant("2026-03-29T12:00", "Europe/Berlin")).toBe("2026-03-29T10:00:00.000Z");
    expect(instant("2026-10-25T00:00", "Europe/Berlin")).toBe("2026-10-24T22:00:00.000Z");
    expect(instant("2026-11-20T00:00", "America/Los_Angeles")).toBe("2026-11-20T08:00:00.000Z");
    expect(instant("nonsense", "Europe/Berlin")).toBeUndefined();
  });
  it("includes the last day of a period", () => {
    expect(period("2026-03-28", "2026-03-29", "Europe/Berlin")).toEqual({
      from: "2026-03-27T23:00:00.000Z",
      to: "2026-03-29T22:00:00.000Z",
    });
    expect(period("", "", "UTC")).toEqual({ from: undefined, to: undefined });
  });
  it("names days of the zone, not of UTC", () => {
    expect(dayIn("Pacific/Auckland", Date.parse("2026-11-20T12:00:00Z"))).toBe("2026-11-21");
    expect(dayIn("UTC", Date.parse("2026-03-01T00:00:00Z"), -1)).toBe("2026-02-28");
  });
  it("counts on while open", () => {
    const now = Date.parse("2026-11-20T13:00:00Z");
    const s = { started_at: "2026-11-20T12:00:00Z", stopped_at: "2026-11-20T12:30:00Z" };
    expect(lasting({ ...s, state: "closed" }, now)).toBe(1800);
    expect(lasting({ ...s, stopped_at: null, state: "charging" }, now)).toBe(3600);
    expect(lasting({ started_at: null, stopped_at: null, state: "pending" }, now)).toBeNull();
  });
});

describe("evidence", () => {
  it("finds the registers and the silences", () => {
    const all = [
      read("2026-11-20T12:00:00Z", 0, "x"),
      read("2026-11-20T12:10:00Z", 5),
      read("2026-11-20T13:00:00Z", 9, "y"),
    ];
    expect(registers(all)).toMatchObject({
      first: { register_mwh: 0 },
      last: { register_mwh: 9 },
      signed: 2,
      count: 3,
    });
    expect(gaps(all)).toEqual([{ from: "2026-11-20T12:10:00Z", to: "2026-11-20T13:00:00Z" }]);
    expect(gaps(null)).toEqual([]);
  });
  it("writes a file that the simulator reads", () => {
    const s = {
      id: "ses_1",
      station_id: 'A,"B',
      started_at: "2026-11-20T12:00:00Z",
      stopped_at: null,
      energy_wh: 12345,
    } as Session;
    expect(replayFile(s, Date.parse("2026-11-20T13:00:00Z"))).toBe(
      'session_id,station_id,arrival,departure,energy_kwh\nses_1,"A,""B",2026-11-20T12:00:00Z,2026-11-20T13:00:00.000Z,12.345\n',
    );
  });
});
