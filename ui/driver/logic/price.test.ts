import { expect, it } from "vitest";
import { asSentence, parts } from "./price";

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
