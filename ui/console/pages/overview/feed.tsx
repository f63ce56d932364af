import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, type Page } from "#shared/api/client";
import { clock, energy, ownZone, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A } from "#shared/nav";
import { Button, Empty, Icon, Plate, ProblemBox, StateMark, stateOf } from "#shared/parts";
import { type News, news, type Session, type Standing } from "./news";

/** What happened last, live; it can be held still to be read. */
export function Feed({ site }: { site: string }) {
  const t = useT();
  const [held, hold] = useState<{ list: News[]; at: number } | null>(null);
  const stations = useQuery(
    live(
      ["station"],
      {
        queryKey: ["/stations", "news", site],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          get<Page<Standing>>("/stations", { sort: "-status_at", limit: 20, site }, signal),
        enabled: held === null,
      },
      2_000,
    ),
  );
  const sessions = useQuery(
    live(
      ["session"],
      {
        queryKey: ["/sessions", "news", site],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Page<Session>>("/sessions", { limit: 20, site }, signal),
        enabled: held === null,
      },
      2_000,
    ),
  );
  const list = held?.list ?? news(stations.data?.items ?? [], sessions.data?.items ?? [], 14);
  const error = stations.error ?? sessions.error;
  return (
    <Plate
      title={t("overview.news")}
      note={held ? t("overview.heldAt", { time: clock(held.at) }) : undefined}
      actions={
        <Button small onClick={() => hold(held ? null : { list, at: Date.now() })}>
          {held ? t("overview.goOn") : t("overview.pause")}
        </Button>
      }
    >
      {error && list.length === 0 && <ProblemBox error={error} />}
      {stations.data && sessions.data && list.length === 0 && <Empty why={t("overview.noNews")} />}
      <ol>
        {list.map((n) => (
          <li
            key={n.id}
            className="grid grid-cols-[58px_13px_minmax(0,1fr)_minmax(0,1fr)] gap-2 items-center text-sm leading-6"
          >
            <time className="t3" dateTime={new Date(n.at).toISOString()}>
              {clock(n.at, ownZone())}
            </time>
            {n.kind === "connected" ? (
              <Icon name="ok" size={13} className="t2" />
            ) : (
              <span className="contents">
                <StateMark state={n.state} size={13} pip />
              </span>
            )}
            <span className="cut">
              {n.kind === "state"
                ? t(`state.${stateOf(n.state)}`)
                : n.kind === "finished"
                  ? t("overview.finished", { energy: text(energy(n.energy_wh)) })
                  : t(`overview.now.${n.kind}`)}
            </span>
            <A href={n.href} className="t3 cut">
              {n.evse ? t("overview.at", { station: n.station, evse: n.evse }) : n.station}
            </A>
          </li>
        ))}
      </ol>
    </Plate>
  );
}
