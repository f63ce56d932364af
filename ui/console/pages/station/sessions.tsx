import { useMemo } from "react";
import { seg } from "#shared/api/client";
import { between, kwh, moment, money, span } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useGo } from "#shared/nav";
import { type Column, Empty, Shown, StateMark, Table, usePages, ZoneNote } from "#shared/parts";
import { Export } from "../export";
import type { TabProps } from "../station";
import type { SessionRow } from "./types";

/** The sessions of a station, open ones among them. */
export default function Sessions({ station, zone }: TabProps) {
  const t = useT();
  const go = useGo();
  const rows = usePages<SessionRow>(
    "/sessions",
    useMemo(() => ({ station: station.id, limit: 100 }), [station.id]),
    ["session"],
  );
  const columns = useMemo<Column<SessionRow>[]>(
    () => [
      {
        id: "at",
        head: t("station.started"),
        width: "120px",
        cell: (s) => <A href={`/sessions/${seg(s.id)}`}>{moment(s.started_at, zone)}</A>,
      },
      { id: "evse", head: "EVSE", width: "60px", cell: (s) => s.evse_id || "–" },
      {
        id: "state",
        head: t("stations.state"),
        width: "minmax(140px, 1fr)",
        cell: (s) =>
          s.stopped_at ? (
            <span className={s.held ? "tw" : "t2"}>
              {s.held ? t("station.held") : s.stop_reason || t("station.ended")}
            </span>
          ) : (
            <StateMark
              state={
                s.state === "suspended"
                  ? s.charging_state || "suspended_ev"
                  : s.state === "pending"
                    ? "preparing"
                    : s.state
              }
            />
          ),
      },
      {
        id: "time",
        head: t("station.duration"),
        number: true,
        width: "90px",
        cell: (s) => {
          const ms = between(s.started_at, s.stopped_at ?? new Date());
          return span(ms === null ? null : ms / 1000);
        },
      },
      { id: "kwh", head: "kWh", number: true, width: "90px", cell: (s) => kwh(s.energy_wh) },
      { id: "cost", head: t("station.cost"), number: true, width: "100px", cell: (s) => money(s.cost) },
      {
        id: "tx",
        head: t("station.transaction"),
        width: "minmax(120px, 1fr)",
        cell: (s) => <span className="mono">{s.transaction_id}</span>,
      },
      { id: "flags", head: t("station.flags"), width: "minmax(80px, 1fr)", cell: (s) => s.flags?.join(", ") || "–" },
    ],
    [t, zone],
  );
  return (
    <div className="list min-h-[420px]">
      <div className="filters">
        <h2>{t("station.tab.sessions")}</h2>
        <span className="t3 text-sm">
          <ZoneNote zone={zone} />
        </span>
        <span className="sp" />
        <Export list="exports/sessions" query={{ station: station.id }} />
      </div>
      <Table
        label={t("station.tab.sessions")}
        columns={columns}
        rows={rows}
        rowKey={(s) => s.id}
        onOpen={(s) => go(`/sessions/${seg(s.id)}`)}
        empty={<Empty why={t("station.noSessions")} />}
      />
      <div className="foot">
        <Shown rows={rows} />
      </div>
    </div>
  );
}
