import { expect, it } from "vitest";
import { asSentence, offers, parts } from "./price";
import { evse } from "./sample";
import type { PlugPrice } from "./types";

it.each([
  ["€0.59 per kWh", "€0.59 per kWh", "", false],
  [
    "€0.59 per kWh, €0.10 per minute after charging ends",
    "€0.59 per kWh",
    "€0.10 per minute after charging ends.",
    false,
  ],
  ["0,59 € pro kWh, 0,10 € pro Minute nach Ladeende", "0,59 € pro kWh", "0,10 € pro Minute nach Ladeende.", false],
  ["from €0.39 per kWh, from €1.00 per session; see details", "from €0.39 per kWh", "From €1.00 per session.", true],
  ["ab 0,45 € pro kWh; siehe Details", "ab 0,45 € pro kWh", "", true],
  ["€2.50 per hour of charging, at most €30.00", "", "€2.50 per hour of charging, at most €30.00.", false],
  [
    "€0.59 per kWh from 6:00 to 22:00, €0.39 otherwise; €1.00 per session",
    "€0.59 per kWh from 6:00 to 22:00, €0.39 otherwise",
    "€1.00 per session.",
    false,
  ],
  ["0,49 € pro kWh bis 20 kWh, danach 0,39 €", "0,49 € pro kWh bis 20 kWh, danach 0,39 €", "", false],
  ["0,59 € pro kWh Mo–Fr, sonst 0,49 €; siehe Details", "0,59 € pro kWh Mo–Fr, sonst 0,49 €", "", true],
  ["free of charge", "", "Free of charge.", false],
  ["  ", "", "", false],
])("%s", (s, energy, fees, more) => expect(parts(s)).toEqual({ energy, fees, more }));

it("ends a sentence once", () => {
  expect(asSentence("one. two.")).toBe("One. two.");
  expect(asSentence("")).toBe("");
});

const at = (tariff_version: string): PlugPrice => ({
  ...{ sentence: tariff_version, details: [], tax: "none" as const, currency: "EUR", tariff_id: "T" },
  tariff_version,
});
const plug = (standard: string, price: PlugPrice | null = null) => ({ standard, status: "available", price });
const said = (connectors: ReturnType<typeof plug>[], price: PlugPrice | null) =>
  offers(evse({ connectors, price }), (n, s) => `${n} ${s}`.trim()).map((o) => [o.price?.tariff_version, o.plugs]);

it("says the one price of an EVSE once, whatever its connectors are", () => {
  expect(said([], at("a"))).toEqual([["a", ""]]);
  expect(said([], null)).toEqual([[undefined, ""]]);
  expect(said([plug("CHADEMO"), plug("IEC_62196_T2")], at("a"))).toEqual([["a", ""]]);
  expect(said([plug("CHADEMO", at("b")), plug("IEC_62196_T2", at("b"))], at("a"))).toEqual([["b", ""]]);
});

it("says each price with its connectors where they differ", () => {
  expect(said([plug("CHADEMO"), plug("IEC_62196_T2", at("b")), plug("IEC_62196_T2_COMBO", at("a"))], at("a"))).toEqual([
    ["a", "CHAdeMO, CCS"],
    ["b", "Type 2"],
  ]);
  expect(said([plug("CHADEMO"), plug("IEC_62196_T2", at("b"))], null)).toEqual([
    [undefined, "CHAdeMO"],
    ["b", "Type 2"],
  ]);
});

it("numbers connectors that their standard does not tell apart", () => {
  expect(said([plug("IEC_62196_T2"), plug("IEC_62196_T2", at("b"))], at("a"))).toEqual([
    ["a", "1 Type 2"],
    ["b", "2 Type 2"],
  ]);
  expect(said([plug(""), plug("", at("b")), plug("CHADEMO", at("b"))], at("a"))).toEqual([
    ["a", "1"],
    ["b", "2, CHAdeMO"],
  ]);
});
