import { describe, expect, it } from "vitest";
import {
  aboutMinutes,
  carSlows,
  heldBy,
  hero,
  limitSteps,
  meanPower,
  nextFee,
  phase,
  running,
  startSoc,
  untilTarget,
} from "./charging";
import { session } from "./sample";
import type { Series } from "./types";

const min = 60_000;

describe("phases", () => {
  it.each([
    [{ charging_state: "Charging" }, "charging"],
    [{ charging_state: "SuspendedEV" }, "paused_by_car"],
    [{ charging_state: "suspended_evse" }, "held"],
    [{ state: "pending", charging_state: "EVConnected" }, "starting"],
    [{ state: "finishing", charging_state: "EVConnected" }, "finished"],
    [{ charging_state: "Idle" }, "finished"],
    [{ state: "pending", charging_state: "" }, "starting"],
    [{ state: "charging", charging_state: "" }, "charging"],
    [{ state: "closed", charging_state: "Charging" }, "ended"],
    [{ stopped_at: "2026-11-21T11:00:00Z" }, "ended"],
  ])("%#", (part, want) => expect(phase(session(part))).toBe(want));
  it("never takes a closed session for a running one", () => {
    expect(running(session())).toBe(true);
    expect(running(session({ state: "closed" }))).toBe(false);
    expect(running(session({ state: "abandoned" }))).toBe(false);
  });
});

describe("the next fee", () => {
  const at = Date.parse("2026-11-21T11:00:00Z");
  const idle = { fee: "0.10", per: "min", starts_at: "2026-11-21T11:00:00Z" };
  it("is announced, counted down, then runs", () => {
    expect(nextFee(idle, at - 40 * min)).toMatchObject({ kind: "later", ms: 40 * min, fee: "0.10" });
    expect(nextFee(idle, at - 10 * min - 1).kind).toBe("later");
    expect(nextFee(idle, at - 10 * min).kind).toBe("soon");
    expect(nextFee(idle, at - 1)).toMatchObject({ kind: "soon", ms: 1000 });
    expect(nextFee(idle, at)).toMatchObject({ kind: "runs", since: idle.starts_at });
  });
  it("waits for the vehicle to be done", () => {
    expect(nextFee({ ...idle, starts_at: null }, at)).toEqual({ kind: "after", fee: "0.10", per: "min" });
    expect(nextFee({ ...idle, fee: "0", starts_at: null }, at).kind).toBe("none");
  });
  it("is none where none is due", () => {
    for (const i of [null, { ...idle, fee: "0" }, { ...idle, fee: "x" }, { ...idle, starts_at: "" }])
      expect(nextFee(i, at).kind).toBe("none");
  });
});

describe("state of charge", () => {
  it("is large where it is known, energy else", () => {
    expect(hero(session({ soc: 71.6 }))).toEqual({ kind: "soc", value: 72 });
    expect(hero(session({ soc: 0 }))).toEqual({ kind: "soc", value: 0 });
    for (const soc of [null, -1, 255]) expect(hero(session({ soc, energy_wh: 5 }))).toEqual({ kind: "energy", wh: 5 });
  });
  it("gives the time to a target by its own rise", () => {
    const rising: Series = Array.from({ length: 11 }, (_, i) => [i * min, 50 + i]);
    expect(untilTarget(rising, 80)).toBe(20 * min);
    expect(untilTarget(rising, 60)).toBeNull();
    expect(
      untilTarget(
        rising.map(([t]) => [t, 50]),
        80,
      ),
    ).toBeNull();
    expect(
      untilTarget(
        rising.map(([t, v]) => [t, 100 - (v ?? 0)]),
        80,
      ),
    ).toBeNull();
    expect(untilTarget(rising.slice(0, 1), 80)).toBeNull();
    expect(untilTarget([], 80)).toBeNull();
    expect(
      untilTarget(
        [
          [0, 50],
          [5 * min, 50.01],
        ],
        80,
      ),
    ).toBeNull();
    expect(untilTarget([...rising, [11 * min, null]], 80)).toBe(20 * min);
  });
  it("asks only the last minutes", () => {
    const slow: Series = [
      [0, 10],
      [10 * min, 60],
      [12 * min, 61],
      [14 * min, 62],
      [16 * min, 63],
    ];
    expect(untilTarget(slow, 80)).toBe(34 * min);
  });
  it("speaks in minutes that it can keep", () => {
    expect([0.2, 4.6, 9.9, 12, 58, 100].map((m) => aboutMinutes(m * min))).toEqual([1, 5, 10, 10, 60, 105]);
  });
  it("begins where it was first known", () => {
    expect(
      startSoc([
        [0, null],
        [1, 14],
        [2, 20],
      ]),
    ).toBe(14);
    expect(startSoc([])).toBeNull();
  });
});

describe("what holds a session back", () => {
  const limit: Series = [
    [0, 200_000],
    [4 * min, 150_000],
    [8 * min, 150_000],
  ];
  it("is the limit when power is at it", () => {
    expect(heldBy({ limit, limit_w: 150_000, power_w: 149_000 }, 200_000)).toEqual({ w: 150_000, since: 4 * min });
  });
  it("is not the limit when the car takes less, the plug gives no more, or nothing is known", () => {
    expect(heldBy({ limit, limit_w: 150_000, power_w: 90_000 }, 200_000)).toBeNull();
    expect(heldBy({ limit, limit_w: 150_000, power_w: 149_000 }, 150_000)).toBeNull();
    expect(heldBy({ limit, limit_w: null, power_w: 149_000 }, 200_000)).toBeNull();
    expect(heldBy({ limit, limit_w: 150_000, power_w: null }, 200_000)).toBeNull();
  });
  it("is the car when its power falls by itself", () => {
    const falling: Series = Array.from({ length: 20 }, (_, i) => [i * min, 180_000 - i * 6000]);
    expect(carSlows({ power: falling, limit: [], limit_w: null, power_w: 66_000 }, 200_000)).toBe(true);
    expect(carSlows({ power: falling.slice(0, 3), limit: [], limit_w: null, power_w: 168_000 }, 200_000)).toBe(false);
    expect(carSlows({ power: falling, limit, limit_w: 150_000, power_w: 150_000 }, 200_000)).toBe(false);
    expect(carSlows({ power: [], limit: [], limit_w: null, power_w: 1 }, 0)).toBe(false);
  });
  it("labels each change of the limit once", () => {
    expect(limitSteps(limit, 200_000, 3)).toEqual([{ at: 4 * min, w: 150_000 }]);
    expect(
      limitSteps(
        [
          [0, 5],
          [1, 5],
          [2, 7],
          [3, null],
          [4, null],
        ],
        10,
        9,
      ),
    ).toEqual([
      { at: 0, w: 5 },
      { at: 2, w: 7 },
      { at: 3, w: null },
    ]);
    expect(
      limitSteps(
        [
          [0, 5],
          [1, 6],
          [2, 7],
        ],
        10,
        1,
      ),
    ).toEqual([{ at: 2, w: 7 }]);
  });
});

it("takes the mean power of what is over", () => {
  expect(meanPower(session({ stopped_at: "2026-11-21T10:30:00Z", energy_wh: 10_000 }))).toBe(20_000);
  expect(meanPower(session({ stopped_at: "2026-11-21T10:00:00Z", energy_wh: 10_000 }))).toBeNull();
  expect(meanPower(session())).toBeNull();
});
