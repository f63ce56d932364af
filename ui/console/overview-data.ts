import { useQuery } from "@tanstack/react-query";
import { get } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { type Amount, ownZone } from "#shared/format";
import { live } from "#shared/live";

/** GET /overview: read by the shell (alarm windows, counts) and by the overview page; one query for both. */
export interface Overview {
  at: string;
  power_w: number;
  sessions_open: number;
  sessions_drawing: number;
  energy_today_wh: number;
  starts_24h: { worked: number; failed: number };
  net_today: Amount[] | null;
  stations: { total: number; connected: number; by_status: Record<string, number> };
  evses: { total: number; by_state: Record<string, number> };
  sessions_held: number;
  /** null without the right to see people. */
  reports_open: number | null;
  onboarding: number;
  sites_total: number;
  sites: {
    id: string;
    name: string;
    latitude: number | null;
    longitude: number | null;
    worst: string;
    power_w: number;
    max_power_w: number;
    updated_at: string;
    evses: { station_id: string; evse_id: number; state: string; power_w: number | null }[];
  }[];
  truncated: boolean;
}

/** Renewed at most every 2 s. */
export function useOverview(site?: string) {
  const { may } = useMe();
  return useQuery(
    live(
      ["station", "session"],
      {
        queryKey: ["/overview", site ?? ""],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Overview>("/overview", { site, tz: ownZone() }, signal),
        enabled: may("read"),
      },
      2_000,
    ),
  );
}
