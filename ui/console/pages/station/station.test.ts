import { describe, expect, it } from "vitest";
import { isMasked } from "../jobs/data";
import { checksOf, clockOff, meterInterval } from "../onboarding/checks";
import { apart, ownWords } from "./faults";
import { applies, bodyOf, dangerous, forms, initialOf, limitId, missing } from "./kinds";
import { plannedOf } from "./profile";
import { grouped, writeOf } from "./settings";
import { nodesOf } from "./trail";
import { type Command, type Setting, shownState } from "./types";

const t = ((k: string) => k) as unknown as Parameters<typeof nodesOf>[2];
const form = (k: string) => {
  const f = forms[k];
  if (!f) throw new Error(k);
  return f;
};

describe("a command's trail", () => {
  const base: Command = {
    id: "c",
    station_id: "s",
    actor: "a",
    kind: "reset",
    body: {},
    state: "answered",
    status: "accepted",
    word: "Accepted",
    reason: "",
    queued_at: "2026-01-01T10:00:00.000Z",
    sent_at: "2026-01-01T10:00:00.100Z",
    answered_at: "2026-01-01T10:00:00.480Z",
    effect: { state: "waiting", at: null, text: "", deadline: "2026-01-01T10:05:00.480Z" },
  };
  const looks = (c: Partial<Command>) => {
    const n = nodesOf({ ...base, ...c }, Date.parse("2026-01-01T10:00:27.480Z"), t);
    return [n.sent.look, n.answered.look, n.effect.look].join(" ");
  };
  it.each<[string, Partial<Command>]>([
    ["done done waiting", {}],
    ["done done effect", { effect: { state: "seen", at: "2026-01-01T10:00:04Z", text: "", deadline: null } }],
    ["done done refused", { effect: { state: "missed", at: null, text: "", deadline: null } }],
    ["done done idle", { effect: { state: "none", at: null, text: "", deadline: null } }],
    ["done refused idle", { status: "rejected", effect: { state: "none", at: null, text: "", deadline: null } }],
    [
      "done refused idle",
      { state: "expired", status: "", effect: { state: "none", at: null, text: "", deadline: null } },
    ],
    [
      "refused idle idle",
      { state: "failed", status: "", effect: { state: "none", at: null, text: "", deadline: null } },
    ],
    ["done waiting idle", { state: "sent", status: "", effect: { state: "none", at: null, text: "", deadline: null } }],
  ])("is %s", (want, c) => expect(looks(c)).toBe(want));
  it("says how long after", () => expect(nodesOf(base, 0, t).answered.note).toBe("+0.38 s"));
});

describe("forms", () => {
  it("makes a limit in tenths of W that replaces the one before", () => {
    const b = bodyOf(form("set_charging_profile"), { evse: 2, limit_kw: 7.4, minutes: 30 }) as {
      evse: number;
      profile: { id: number; duration_s: number; periods: { limit: { value: number } }[] };
    };
    expect([b.evse, b.profile.id, b.profile.duration_s, b.profile.periods[0]?.limit.value]).toEqual([
      2,
      limitId(2),
      1800,
      74_000,
    ]);
  });
  it("leaves out what is empty", () => {
    const f = form("update_firmware");
    expect(bodyOf(f, { ...initialOf(f), location: "https://x/f.bin" })).toEqual({ location: "https://x/f.bin" });
    expect(bodyOf(form("reset"), { evse: 0, hard: false })).toEqual({ hard: false });
  });
  it("asks for what is needed", () => {
    expect(missing(form("unlock"), { evse: null, connector: 1 }, "1.6")).toEqual(["evse"]);
    expect(missing(form("remote_start"), { evse: 0, uid: " x " }, "1.6")).toEqual([]);
    expect(missing(form("set_charging_profile"), { evse: 1, limit_kw: 0, minutes: null }, "")).toEqual([]);
  });
  it("hides what a protocol lacks", () => {
    const evse = form("reset").fields[0];
    expect(evse && [applies(evse, "1.6"), applies(evse, "2.0.1"), applies(evse, "")]).toEqual([false, true, true]);
  });
  it("is dangerous only one way", () => {
    expect(dangerous(form("set_availability"), { operative: "true" })).toBe(false);
    expect(dangerous(form("set_availability"), { operative: "false" })).toBe(true);
  });
});

describe("checks of a new station", () => {
  const msg = (at: string, timestamp?: string, from_us = false) => ({
    at,
    from_us,
    action: "X",
    request: { timestamp },
  });
  it("takes the least difference and not our own messages", () => {
    expect(clockOff([])).toBeNull();
    expect(
      clockOff([
        msg("2026-01-01T10:00:00Z", "2026-01-01T08:00:00Z"),
        msg("2026-01-01T10:00:00Z", "2026-01-01T10:00:02Z"),
        msg("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z", true),
      ]),
    ).toBe(2000);
  });
  const set = (variable: string, value: string, component = ""): Setting => ({
    component,
    component_instance: "",
    evse_id: 0,
    connector_id: 0,
    variable,
    instance: "",
    attribute: "Actual",
    value,
    read_only: false,
    seen_at: "",
  });
  it("knows the interval of both families", () => {
    expect(meterInterval([set("MeterValueSampleInterval", "60")])).toBe(60);
    expect(meterInterval([set("TxUpdatedInterval", "0", "SampledDataCtrlr")])).toBe(0);
    expect(meterInterval([set("TxUpdatedInterval", "", "SampledDataCtrlr")])).toBeNull();
  });
  it("is open about nothing known", () => {
    expect(checksOf(undefined, undefined, [], []).map((c) => c.state)).toEqual(Array(6).fill("open"));
  });
  it("groups and writes settings", () => {
    const all = [set("A", "1", "X"), set("B", "2", "Y"), set("C", "3", "X")];
    expect(grouped(all, "").map(([n, l]) => [n, l.length])).toEqual([
      ["X", 2],
      ["Y", 1],
    ]);
    expect(grouped(all, "y.b").map(([n]) => n)).toEqual(["Y"]);
    expect(writeOf([[set("A", "1"), "5"]])).toEqual({ values: [{ variable: "A", value: "5" }] });
  });
});

describe("words", () => {
  it("parts the station's own", () => {
    expect(apart("OverCurrentFailure")).toBe("Over current failure");
    expect(apart("E-42_x")).toBe("E-42_x");
    expect(ownWords({ error_code: "NoError", vendor_error: "7", info: "hot" })).toBe("7, “hot”");
  });
  it("shows what an occupied 2.x station does", () => {
    expect(shownState({ overall_status: "occupied", evse_states: ["preparing", "charging"] })).toBe("charging");
    expect(shownState({ overall_status: "offline", evse_states: ["charging"] })).toBe("offline");
  });
  it("sees a masked body", () => expect([isMasked({ a: "•••7F2" }), isMasked({ a: "x" })]).toEqual([true, false]));
  it("draws the plan from now on", () => {
    const p = {
      items: [],
      limits: [
        {
          evse_id: 1,
          limit: [
            [0, 5000],
            [100, 9000],
            [900, null],
          ] as [number, number | null][],
        },
      ],
    };
    expect(plannedOf(p, 1, 50, 500)).toEqual([
      [50, 5000],
      [100, 9000],
      [500, 9000],
    ]);
    expect(plannedOf(p, 2, 50, 500)).toEqual([]);
  });
});
