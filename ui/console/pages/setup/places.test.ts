import { expect, it } from "vitest";
import { countries, currencyOf, likelyCountry } from "./places";

it("guesses the country from the browser's languages", () => {
  expect(likelyCountry(["de-AT", "en"])).toBe("AT");
  expect(likelyCountry(["en"])).toBe("US");
  expect(likelyCountry(["tlh", "nb"])).toBe("NO");
  expect(likelyCountry([])).toBe("DE");
});

it("knows currencies that exist, and sorts names as people do", () => {
  const known = new Set(Intl.supportedValuesOf("currency"));
  const all = countries("de");
  for (const c of all) expect(known.has(currencyOf(c.value)), c.value).toBe(true);
  expect(all.findIndex((c) => c.label === "Österreich")).toBeLessThan(all.findIndex((c) => c.label === "Polen"));
});
