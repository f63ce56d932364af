import { expect, test } from "vitest";
import { news } from "./news";

const at = (m: number) => new Date(Date.UTC(2026, 10, 21, 12, m)).toISOString();

test("the newest first; what an offline station said last is no news", () => {
  const list = news(
    [
      {
        id: "ON",
        connected: true,
        connected_at: at(1),
        disconnected_at: at(0),
        evses: [
          {
            evse_id: 1,
            connectors: [
              { status: "faulted", status_at: at(9) },
              { status: "occupied", status_at: at(8) },
              { status: "available", status_at: null },
            ],
          },
        ],
      },
      {
        id: "OFF",
        connected: false,
        connected_at: at(2),
        disconnected_at: at(7),
        evses: [{ evse_id: 1, connectors: [{ status: "available", status_at: at(6) }] }],
      },
    ],
    [
      {
        id: "s1",
        station_id: "ON",
        evse_id: 1,
        state: "closed",
        started_at: at(3),
        stopped_at: at(5),
        energy_wh: 31070,
      },
      { id: "s2", station_id: "ON", evse_id: 1, state: "charging", started_at: at(4), stopped_at: null, energy_wh: 0 },
    ],
    5,
  );
  expect(list.map((n) => [n.kind, n.station, new Date(n.at).getUTCMinutes()])).toEqual([
    ["state", "ON", 9],
    ["offline", "OFF", 7],
    ["finished", "ON", 5],
    ["started", "ON", 4],
    ["started", "ON", 3],
  ]);
  expect(list[0]?.href).toBe("/stations/ON?evse=1");
});
