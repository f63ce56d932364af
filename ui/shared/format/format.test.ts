import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { use } from "../i18n";
import de from "../locales/de/time.json";
import en from "../locales/en/time.json";
import * as f from ".";

const nb = (s: string) => s.replace(/[\u00a0\u202f]/g, " ");
beforeEach(() => use("en", { time: en }));
afterEach(() => use("en", { time: en }));

describe("format", () => {
  it.each([
    [{ amount_minor: 2769, currency: "EUR" }, "€27.69"],
    [{ amount_minor: -5, currency: "EUR" }, "-€0.05"],
    [{ amount_minor: 1234, currency: "JPY" }, "¥1,234"],
    [{ amount_minor: 1234567, currency: "KWD" }, "KWD 1,234.567"],
    [{ amount_minor: 5, currency: "nonsense" }, "5 nonsense"],
    [null, "–"],
  ])("money %o is %s", (a, want) => expect(nb(f.money(a))).toBe(want));

  it.each([
    ["0.59", "€0.59"],
    ["0.5", "€0.50"],
    ["0.595", "€0.595"],
    ["0.5900", "€0.59"],
    ["1", "€1.00"],
  ])("price %s is %s", (d, want) => expect(f.price(d, "EUR")).toBe(want));

  it("scales power and energy where a number grows too long", () => {
    expect(f.power(2_807_800)).toEqual({ value: "2,807.8", unit: "kW" });
    expect(f.power(10_000_000)).toEqual({ value: "10.00", unit: "MW" });
    expect(f.energy(46_940)).toEqual({ value: "46.94", unit: "kWh" });
    expect(f.energy(13_990_000)).toEqual({ value: "13.99", unit: "MWh" });
    for (const gone of [null, undefined, Number.NaN]) expect(f.power(gone)).toEqual({ value: "–", unit: "" });
    expect(f.kw(0)).toBe("0.0");
  });

  it.each([
    [0, "0.0 s"],
    [449, "0.4 s"],
    [9_999, "9.9 s"],
    [10_000, "10 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [22 * 60_000, "22 min"],
    [70 * 60_000, "1 h 10 min"],
    [3_600_000, "1 h"],
    [9 * 86_400_000 + 4 * 3_600_000, "9 d 4 h"],
    [-5, "0.0 s"],
  ])("duration %d ms is %s", (ms, want) => expect(f.duration(ms)).toBe(want));

  it("runs as a meter does", () => {
    expect(f.running(1167)).toEqual({ value: "19:27", unit: "min" });
    expect(f.running(3753)).toEqual({ value: "1:02:33", unit: "h" });
    expect(f.span(1167)).toBe("0:19:27");
  });

  it("tells times in the zone it is given, through a change of the clock", () => {
    const before = "2026-10-25T00:30:00Z";
    const after = "2026-10-25T01:30:00Z";
    expect([f.clock(before, "Europe/Berlin"), f.clock(after, "Europe/Berlin")]).toEqual(["02:30:00", "02:30:00"]);
    expect([f.zoneName("Europe/Berlin", before), f.zoneName("Europe/Berlin", after)]).toEqual(["CEST", "CET"]);
    expect(f.clock("2026-11-20T23:00:00Z", "Europe/Berlin", false)).toBe("00:00");
  });

  it("names the day of a moment only when it is another one in that zone", () => {
    const now = Date.parse("2026-11-20T23:30:00Z"); // the 21st in Berlin
    expect(f.moment("2026-11-20T23:05:00Z", "Europe/Berlin", now)).toBe("00:05:00");
    expect(f.moment("2026-11-20T22:05:00Z", "Europe/Berlin", now)).toBe("20 Nov, 23:05");
    expect(f.moment("2025-11-20T22:05:00Z", "Europe/Berlin", now)).toBe("20 Nov 2025, 23:05");
    expect(f.moment("", "Europe/Berlin", now)).toBe("–");
  });

  it("speaks the language in use", () => {
    use("de", { time: de });
    expect(nb(f.money({ amount_minor: 123456, currency: "EUR" }))).toBe("1.234,56 €");
    expect(f.kw(96_400)).toBe("96,4");
    expect(f.ago(0, 120_000)).toBe("vor 2 min");
  });
});
