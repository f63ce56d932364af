import { describe, expect, it } from "vitest";
import { anySet, filtersOf, hidden, noFilters, passes, queryOf, searchOf, toggled } from "./filters";
import { site } from "./sample";

describe("filters in the URL", () => {
  it("come back as they were", () => {
    const f = { q: "Mühlau", free: true, connectors: ["CHADEMO", "IEC_62196_T2"], minKw: 50, maxPrice: 0.6 };
    expect(filtersOf({ ...searchOf(f) })).toEqual(f);
    expect(searchOf(noFilters)).toEqual({});
    expect(anySet(noFilters)).toBe(false);
  });
  it("forgive any text", () => {
    expect(filtersOf({ q: 7, free: "yes", connector: "<x>,CHADEMO,,'", kw: "-3", price: "NaN" })).toEqual({
      ...noFilters,
      q: "7",
      connectors: ["CHADEMO"],
    });
    expect(filtersOf({ kw: Number.POSITIVE_INFINITY, price: {}, connector: ["x"] })).toEqual(noFilters);
    expect(filtersOf({ q: "x".repeat(500) }).q).toHaveLength(100);
  });
  it("send the server what it knows", () => {
    expect(queryOf({ ...noFilters, q: "  a ", free: true, maxPrice: 1 })).toEqual({ q: "a", free: true });
  });
  it("count what the dock does not show", () => {
    expect(hidden({ ...noFilters, minKw: 50, connectors: ["CHADEMO"] })).toBe(0);
    expect(hidden({ ...noFilters, minKw: 150, connectors: ["A", "B"], maxPrice: 0.5 })).toBe(3);
  });
});

describe("a site passes", () => {
  it.each([
    [{ free: true }, site({ evses_free: 0 }), false],
    [{ free: true }, site({ evses_free: 1 }), true],
    [{ connectors: ["CHADEMO"] }, site(), false],
    [{ minKw: 150 }, site({ max_power_w: 150_000 }), true],
    [{ minKw: 151 }, site({ max_power_w: 150_000 }), false],
    [{ maxPrice: 0.59 }, site(), true],
    [{ maxPrice: 0.58 }, site(), false],
    [{ maxPrice: 5 }, site({ price: null }), false],
    [{}, site({ price: null, connectors: [] }), true],
  ])("%#", (f, s, want) => expect(passes(s, { ...noFilters, ...f })).toBe(want));
});

it("toggles one of a list", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
});
