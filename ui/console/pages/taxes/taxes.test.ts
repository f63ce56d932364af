import { expect, test } from "vitest";
import { countryName, holds } from "./types";

test("a term has its first day and not its last", () => {
  const year = { valid_from: "2026-01-01", valid_until: "2027-01-01" };
  expect(holds(year, "2026-01-01")).toBe(true);
  expect(holds(year, "2026-12-31")).toBe(true);
  expect(holds(year, "2027-01-01")).toBe(false);
  expect(holds(year, "2025-12-31")).toBe(false);
  expect(holds({ valid_from: "2026-01-01" }, "2199-01-01")).toBe(true);
});

test("a country is named where its code is known", () => {
  expect(countryName("DE")).toBe("Germany (DE)");
  expect(countryName("not a code")).toBe("not a code");
});
