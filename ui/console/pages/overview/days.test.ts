import { expect, test } from "vitest";
import { days, midnightOf } from "./days";

const at = (s: string) => new Date(s).getTime();

test("midnight follows the zone and its changes", () => {
  for (const [now, zone, want] of [
    ["2026-11-21T12:00:00Z", "UTC", "2026-11-21T00:00:00Z"],
    ["2026-11-20T23:30:00Z", "Europe/Berlin", "2026-11-20T23:00:00Z"],
    ["2026-11-20T22:59:59.999Z", "Europe/Berlin", "2026-11-19T23:00:00Z"],
    ["2026-03-29T12:00:00Z", "Europe/Berlin", "2026-03-28T23:00:00Z"], // a day of 23 hours
    ["2026-10-25T12:00:00Z", "Europe/Berlin", "2026-10-24T22:00:00Z"], // of 25
    ["2026-11-21T03:00:00Z", "America/St_Johns", "2026-11-20T03:30:00Z"],
    ["2026-11-21T18:20:00Z", "Asia/Kathmandu", "2026-11-21T18:15:00Z"],
  ] as const) {
    expect(new Date(midnightOf(at(now), zone)).toISOString(), `${now} ${zone}`).toBe(new Date(want).toISOString());
  }
});

test("yesterday moves under today, gaps stay", () => {
  const m = at("2026-11-21T00:00:00Z");
  const d = days(
    [
      [m - 90_000_000, 9000],
      [m - 86_400_000, 1000],
      [m - 300_000, null],
      [m, 2500],
      [m + 300_000, null],
    ],
    m + 600_000,
    "UTC",
  );
  expect(d.yesterday).toEqual([
    [m, 1],
    [m + 86_100_000, null],
  ]);
  expect(d.today).toEqual([
    [m, 2.5],
    [m + 300_000, null],
  ]);
  expect(days([[m - 300_000, null]], m, "UTC").yesterday).toEqual([]);
});
