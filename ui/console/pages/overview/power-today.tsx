import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get } from "#shared/api/client";
import { ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { Chart, Empty, Legend, type Line, Loaded, Plate, useNow } from "#shared/parts";
import { days } from "./days";

interface Power {
  step_s: number;
  points: [number, number | null][];
}

/** Power of today, with yesterday behind it; of one site or of the network. Times in `zone`. */
export function PowerToday({ site, title, zone = ownZone() }: { site?: string; title: string; zone?: string }) {
  const t = useT();
  const q = useQuery(
    live(
      ["station", "session"],
      {
        queryKey: ["/overview/power", site ?? ""],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Power>("/overview/power", { hours: 48, site }, signal),
      },
      60_000,
    ),
  );
  const now = useNow(60_000);
  const d = useMemo(() => (q.data ? days(q.data.points, now, zone) : null), [q.data, now, zone]);
  const lines = useMemo<Line[]>(
    () =>
      d
        ? [
            { kind: "area", label: t("overview.measured"), points: d.today },
            ...(d.yesterday.length > 0
              ? [{ kind: "past" as const, label: t("overview.yesterday"), points: d.yesterday }]
              : []),
          ]
        : [],
    [d, t],
  );
  const nothing = d !== null && !d.today.some(([, v]) => v !== null) && d.yesterday.length === 0;
  return (
    <Plate
      title={title}
      note={nothing ? undefined : <Legend lines={lines} />}
      actions={<span className="t3 text-sm">{t("overview.mean")}</span>}
    >
      <Loaded of={q}>
        {() =>
          nothing || !d ? (
            <Empty why={t("overview.noPower")} />
          ) : (
            <Chart
              label={title}
              unit="kW"
              height={172}
              lines={lines}
              zone={zone}
              from={d.midnight}
              to={d.end - 60_000}
              now={now}
              decimals={1}
            />
          )
        }
      </Loaded>
    </Plate>
  );
}
