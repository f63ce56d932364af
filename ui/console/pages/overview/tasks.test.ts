import { expect, test } from "vitest";
import { type Station, tasks } from "./tasks";

const station = (id: string, more: Partial<Station>): Station => ({
  id,
  name: id,
  site_name: "Depot",
  overall_status: "available",
  status_at: "2026-11-21T10:00:00Z",
  disconnected_at: null,
  connected_at: "2026-11-21T09:00:00Z",
  error: null,
  evses: [{ evse_id: 1 }],
  ...more,
});

test("what waits stands by weight, then by age", () => {
  const list = tasks({
    stations: [
      station("NEW", { overall_status: "offline", connected_at: null, status_at: null }),
      station("GONE", { overall_status: "offline", disconnected_at: "2026-11-21T11:00:00Z" }),
      station("OLD", { overall_status: "faulted", status_at: "2026-11-20T10:00:00Z" }),
      station("A/B", {
        overall_status: "faulted",
        error: { evse_id: 2, code: "GroundFailure", vendor_code: "E17", info: "" },
      }),
      station("WELL", {}),
    ],
    held: [
      {
        id: "ses_1",
        station_id: "GONE",
        evse_id: 1,
        site_name: "Depot",
        stopped_at: "2026-11-21T11:30:00Z",
        updated_at: "2026-11-21T11:31:00Z",
      },
    ],
    reports: [],
    onboarding: 2,
  });
  expect(list.map((x) => x.id)).toEqual(["A/B", "OLD", "ses_1", "GONE", "NEW", "onboarding"]);
  expect(list[0]).toMatchObject({ href: "/stations/A%2FB?evse=2", quote: "E17", level: "fault" });
  expect(list[4]).toMatchObject({ at: null, level: "note" });
});

test("a broken charger weighs more than another report", () => {
  const report = { site_id: "s", station_id: "", evse_id: 0, text: "", created_at: "2026-11-21T11:00:00Z" };
  const list = tasks({
    stations: [],
    held: [],
    reports: [
      { ...report, id: "r1", kind: "price" },
      { ...report, id: "r2", kind: "broken" },
    ],
    onboarding: 0,
  });
  expect(list.map((x) => x.id)).toEqual(["r2", "r1"]);
});
