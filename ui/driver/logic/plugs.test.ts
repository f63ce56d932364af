import { describe, expect, it } from "vitest";
import { connectorWord, connectorWords } from "#shared/format/connector";
import { fits, flag, freeWords, marks, ordered, plugNumber, worth } from "./plugs";
import { evse, site } from "./sample";

const of = (free: number, total: number, broken = 0) =>
  site({ evses_free: free, evses_total: total, evses_broken: broken });

describe("the flag of a site", () => {
  it.each([
    [of(3, 4), "many", "3/4", false],
    [of(2, 4), "many", "2/4", false],
    [of(1, 4), "few", "1/4", false],
    [of(2, 5), "few", "2/5", false],
    [of(0, 6), "none", "0/6", false],
    [of(0, 6, 5), "none", "0/6", false],
    [of(0, 6, 6), "broken", "", true],
    [of(1, 1), "many", "1/1", false],
    [of(0, 0), "none", "0/0", false],
    [of(9, 4), "many", "4/4", false],
    [of(-1, 4), "none", "0/4", false],
  ])("%#", (s, tone, text, triangle) => {
    expect(flag(s, false)).toEqual({ tone, text, triangle });
    expect(flag(s, true)).toEqual({ tone: "chosen", text, triangle });
  });
});

describe("plugs of a site", () => {
  it("shows one mark for each plug, whatever the server counts", () => {
    for (let total = 0; total < 6; total++)
      for (let free = -1; free < 8; free++)
        for (let broken = -1; broken < 8; broken++) {
          const m = marks(of(free, total, broken));
          expect(m).toHaveLength(total);
          expect(m.filter((x) => x === "free")).toHaveLength(Math.min(Math.max(free, 0), total));
        }
    expect(marks(of(2, 4, 1))).toEqual(["free", "free", "busy", "broken"]);
  });

  it("says how many are free, or why none is", () => {
    expect(freeWords(of(3, 4)).key).toBe("plug.freeSome");
    expect(freeWords(of(0, 4, 1)).key).toBe("plug.freeNone");
    expect(freeWords(of(0, 4, 4)).key).toBe("plug.freeBroken");
    expect(freeWords(of(0, 0)).key).toBe("plug.freeNothing");
  });

  it("takes no state it does not know for free", () => {
    expect(worth("available")).toBe("free");
    expect(worth("finishing")).toBe("busy");
    for (const s of ["offline", "unavailable", "faulted", "unknown", "", "toString", "AVAILABLE"])
      expect(worth(s)).toBe("broken");
  });

  it("lists free plugs first, then the stronger", () => {
    const all = [
      evse({ id: "B/1", station_id: "B", state: "offline" }),
      evse({ id: "A/2", evse_id: 2, state: "available", max_power_w: 50_000 }),
      evse({ id: "A/1", state: "charging" }),
      evse({ id: "A/3", evse_id: 3, state: "available" }),
    ];
    expect(ordered(all).map((e) => e.id)).toEqual(["A/3", "A/2", "A/1", "B/1"]);
    expect(all[0]?.id).toBe("B/1");
  });

  it("numbers plugs by the station's own numbers, or over all stations", () => {
    const a2 = evse({ id: "A/2", station_id: "A", evse_id: 2 });
    const a1 = evse({ id: "A/1", station_id: "A", evse_id: 1 });
    const b1 = evse({ id: "B/1", station_id: "B", evse_id: 1 });
    expect(plugNumber(a2, [a2])).toBe(2);
    expect([a1, a2, b1].map((e) => plugNumber(e, [b1, a2, a1]))).toEqual([1, 2, 3]);
  });
});

describe("connectors", () => {
  it("are called as drivers call them", () => {
    expect(connectorWord("IEC_62196_T2_COMBO")).toBe("CCS");
    expect(connectorWord("SOME_NEW_ONE")).toBe("SOME NEW ONE");
    expect(connectorWords(["IEC_62196_T2", "IEC_62196_T2", "", "CHADEMO"])).toEqual(["Type 2", "CHAdeMO"]);
  });
  it("fit when one of those wanted is there", () => {
    expect(fits([], [])).toBe(true);
    expect(fits([], ["CHADEMO"])).toBe(false);
    expect(fits(["IEC_62196_T2", "CHADEMO"], ["CHADEMO"])).toBe(true);
  });
});
