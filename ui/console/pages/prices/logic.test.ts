import { expect, test } from "vitest";
import { extremes, lacks, nextDay, type Slot, slotAt, stepsOf } from "./logic";

const slot = (start: string, end: string, price: string): Slot => ({
  start: `2026-10-24T${start}:00Z`,
  end: `2026-10-24T${end}:00Z`,
  price,
});
const at = (time: string) => Date.parse(`2026-10-24T${time}:00Z`);
const slots = [slot("21:30", "21:45", "0.1"), slot("21:45", "22:00", "-0.05"), slot("22:15", "22:30", "0.2")];

test("slots become steps, and a gap where one is missing", () => {
  expect(stepsOf(slots)).toEqual([
    [at("21:30"), 100],
    [at("21:45"), -50],
    [at("22:00"), -50],
    [at("22:00") + 1, null],
    [at("22:15"), 200],
    [at("22:30"), 200],
    [at("22:30") + 1, null],
  ]);
  expect(stepsOf([])).toEqual([]);
});

test("a slot holds its start and not its end", () => {
  expect(slotAt(slots, at("21:45"))?.price).toBe("-0.05");
  expect(slotAt(slots, at("22:00"))).toBeUndefined();
});

test("the cheapest may be below nothing", () => {
  expect(extremes(slots)?.map((s) => s.price)).toEqual(["-0.05", "0.2"]);
  expect(extremes([])).toBeNull();
});

test("prices are missing unless only the slot that runs is unknown", () => {
  const x = (...missing: Slot[]) => ({ slot_minutes: 15, missing });
  expect(lacks(x(), at("21:36"))).toBe(false);
  expect(lacks(x(slot("21:36", "21:45", "")), at("21:36"))).toBe(false);
  expect(lacks(x(slot("21:36", "22:00", "")), at("21:36"))).toBe(true);
  expect(lacks(x(slot("22:00", "22:15", "")), at("21:36"))).toBe(true);
});

test("tomorrow begins at midnight of the zone", () => {
  expect(nextDay(slots, at("21:30"), "Europe/Berlin")).toBe(at("22:15"));
  expect(nextDay(slots, at("21:30"), "UTC")).toBeNull();
});
