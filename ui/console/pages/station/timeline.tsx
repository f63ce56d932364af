import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, type Page, seg } from "#shared/api/client";
import { clock, day, energy, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A, useFilters } from "#shared/nav";
import { Chip, Empty, Icon, type IconName, Loaded, Plate, ZoneNote } from "#shared/parts";
import { kindWord } from "./trail";

export interface StationEvent {
  at: string;
  evse_id: number | null;
  kind: "connected" | "disconnected" | "session_started" | "session_stopped" | "command" | "notice";
  ref: string;
  text: string;
  words: string;
}

const looks: Record<StationEvent["kind"], [IconName, string]> = {
  connected: ["available", "t3"],
  disconnected: ["offline", "tw"],
  session_started: ["charging", "te"],
  session_stopped: ["finishing", "t2"],
  command: ["p3", "t2"],
  notice: ["p3", "t3"],
};
const groups = {
  sessions: ["session_started", "session_stopped"],
  commands: ["command"],
  connection: ["connected", "disconnected"],
  notices: ["notice"],
} as const;

/** What happened, newest first. */
export function Timeline({ station, zone }: { station: string; zone: string }) {
  const t = useT();
  const f = useFilters(["events"]);
  const [limit, setLimit] = useState(30);
  const q = useQuery(
    live([`station:${station}`, "session"], {
      queryKey: ["/stations", station, "events", limit],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<Page<StationEvent>>(`/stations/${seg(station)}/events`, { limit }, signal),
      placeholderData: (old: Page<StationEvent> | undefined) => old,
    }),
  );
  const only = groups[f.value.events as keyof typeof groups] as readonly string[] | undefined;
  return (
    <Plate
      title={t("station.timeline")}
      note={<ZoneNote zone={zone} />}
      actions={
        <span className="chips">
          {(Object.keys(groups) as (keyof typeof groups)[]).map((g) => (
            <Chip key={g} on={f.value.events === g} onClick={() => f.set({ events: f.value.events === g ? "" : g })}>
              {t(`station.events.${g}`)}
            </Chip>
          ))}
        </span>
      }
    >
      <Loaded of={q}>
        {(d) => {
          const rows = d.items.filter((e) => !only || only.includes(e.kind));
          return (
            <>
              {rows.length === 0 && <Empty why={t(only ? "station.noSuchEvents" : "station.noEvents")} />}
              <ol>
                {rows.map((e, i) => (
                  <Row key={`${e.at}${e.ref}${e.kind}`} of={e} zone={zone} before={rows[i - 1]} />
                ))}
              </ol>
              {d.next && limit < 200 && (
                <button type="button" className="lk mt-1" onClick={() => setLimit(Math.min(limit * 2, 200))}>
                  {t("station.older")}
                </button>
              )}
            </>
          );
        }}
      </Loaded>
    </Plate>
  );
}

function Row({ of: e, zone, before }: { of: StationEvent; zone: string; before?: StationEvent }) {
  const [icon, tone] = looks[e.kind] ?? looks.notice;
  const newDay = day(e.at, zone) !== day(before?.at ?? Date.now(), zone);
  return (
    <>
      {newDay && <li className="t3 text-sm pt-1">{day(e.at, zone)}</li>}
      <li className="grid grid-cols-[58px_14px_54px_minmax(0,1fr)_minmax(0,auto)] max-sm:grid-cols-[58px_14px_minmax(0,1fr)] gap-x-2 items-center text-sm leading-[23px]">
        <time className="t2" dateTime={e.at}>
          {clock(e.at, zone)}
        </time>
        <Icon name={icon} size={14} className={tone} />
        <span className="t2 max-sm:hidden">{e.evse_id ? `EVSE ${e.evse_id}` : ""}</span>
        <span className="cut">
          {e.evse_id && <span className="t2 sm:hidden">EVSE {e.evse_id} </span>}
          <Words of={e} />
        </span>
        <span className="mono t3 cut max-w-[260px] max-sm:hidden" title={e.words}>
          {e.words}
        </span>
      </li>
    </>
  );
}

function Words({ of: e }: { of: StationEvent }) {
  const t = useT();
  if (e.kind === "command") return <>{t("station.event.command", { what: kindWord(e.text, t) })}</>;
  if (e.kind === "notice") return <>{[e.ref, e.text].filter(Boolean).join(": ")}</>;
  if (e.kind === "session_started" || e.kind === "session_stopped") {
    const wh = /^(\d+) Wh$/.exec(e.text)?.[1];
    return (
      <A href={`/sessions/${seg(e.ref)}`} className="hover:underline">
        {e.kind === "session_started" && e.text && e.text !== "accepted"
          ? t("station.event.refused", { what: e.text })
          : t(`station.event.${e.kind}`, { what: wh ? text(energy(Number(wh))) : e.text })}
      </A>
    );
  }
  return <>{t(`station.event.${e.kind}`, { what: e.text })}</>;
}
