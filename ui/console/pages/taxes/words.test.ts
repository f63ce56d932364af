import { expect, test } from "vitest";
import { percentText, taxText } from "./words";

const t = ((key: string, w: Record<string, string>) => [key, ...Object.values(w)].join(" ")) as never;

test("a tax is said by its percentage, or by what it takes per kWh", () => {
  expect(taxText(t, { name: "VAT", percent: "19" }, "EUR")).toBe("taxes.takes VAT 19");
  expect(taxText(t, { name: "VAT", percent: "19", per_kwh: "" }, "EUR")).toBe("taxes.takes VAT 19");
  expect(taxText(t, { name: "Excise", percent: "0", per_kwh: "0.026" }, "EUR")).toBe("taxes.takesPerKWh Excise €0.026");
  expect(taxText(t, { name: "Tax" }, "EUR")).toBe("Tax");
});

test("a percentage keeps all its digits", () => {
  expect(["19", "19.00", "5.5", "9.975", "0"].map(percentText)).toEqual(["19", "19", "5.5", "9.975", "0"]);
});
