import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { address, get, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { clock, kw, kwh, moment, money, num, percent, power, span, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A, useFilters, useGo } from "#shared/nav";
import {
  Button,
  ButtonLink,
  Chip,
  type Column,
  Empty,
  Rule,
  SelectChip,
  Shown,
  Stale,
  Table,
  TextField,
  useNow,
  ZoneNote,
} from "#shared/parts";
import { useSessions, useSites, useZone } from "./sessions/data";
import { CloseDialog } from "./sessions/deeds";
import { knownStates, lasting, listStates, period, strange, tokenHint } from "./sessions/logic";
import { SessionPanel } from "./sessions/panel";
import { PeriodFilter } from "./sessions/period";
import type { Session, Summary } from "./sessions/types";
import { flagText, SessionMark, Strange } from "./sessions/words";

const flags = [
  "meter_fell",
  "meter_jumped",
  "no_start",
  "no_meter",
  "clock_wrong",
  "unknown_transaction",
  "no_tariff",
  "tariff_unusable",
  "no_calendar",
  "no_tax",
  "price_differs",
  "meter_ends_unreadable",
  "conflicting_evidence",
  "messages_missing",
  "late_evidence",
  "meter_unreadable",
  "estimated",
  "provisional",
  "unauthorised",
  "reviewed",
  "void",
];

export default function Sessions() {
  const t = useT();
  const f = useFilters(["q", "state", "site", "from", "to", "flag", "station", "token", "driver", "session"]);
  const { q, site, from, to, flag, station, token, driver, session } = f.value;
  const state = knownStates(f.value.state);
  const zone = useZone(site);
  const query = useMemo(
    () => ({ q, state, site, flag, station, token, driver, ...period(from, to, zone) }),
    [q, state, site, flag, station, token, driver, from, to, zone],
  );
  const rows = useSessions(useMemo(() => ({ ...query, limit: 100 }), [query]));
  const sum = useQuery(
    live(
      ["session"],
      {
        queryKey: ["/sessions/summary", query],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Summary>("/sessions/summary", query, signal),
        placeholderData: (old: Summary | undefined) => old,
      },
      2_000,
    ),
  ).data;
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [closing, setClosing] = useState(false);
  const me = useMe();
  const chosen = rows.rows.filter((s) => selected.has(s.id));
  const open = chosen.filter((s) => s.state !== "closed");
  const go = useGo();
  const columns = useColumns(zone);
  const filtered =
    f.any && !(session && !q && !state && !site && !from && !to && !flag && !station && !token && !driver);
  const counted = useMemo(() => ({ ...rows, total: sum?.count }), [rows, sum]);
  return (
    <div className={`listpage${session ? " open" : ""}`}>
      <div className="list">
        <Head f={f} zone={zone} query={query} />
        <div className="sum" aria-live="polite">
          {sum && (
            <>
              <span>
                <b>{num(sum.count)}</b> {t("sessions.countWord", { count: sum.count })}
              </span>
              <span>
                <b>{num(sum.open)}</b> {t("sessions.openWord")}
              </span>
              <span>
                <b>{kwh(sum.energy_wh)}</b> kWh
              </span>
              <span>
                {sum.cost.length > 0 && (
                  <>
                    <b>{sum.cost.map((c) => money(c)).join(" + ")}</b> {t("sessions.gross")}
                  </>
                )}
                {sum.not_final > 0 && <> {t("sessions.notFinal", { count: sum.not_final, n: num(sum.not_final) })}</>}
              </span>
            </>
          )}
          <span className="sp" />
          {chosen.length > 0 && (
            <>
              <span className="t3">{t("sessions.selected", { n: num(chosen.length) })}</span>
              {chosen.length === 1 && chosen[0] && (
                <A className="lk" href={`/sessions/${seg(chosen[0].id)}`}>
                  {t("sessions.open")}
                </A>
              )}
              {me.may("stations") && (
                <Button small disabled={open.length === 0} onClick={() => setClosing(true)}>
                  {t("sessions.closeMany", { n: num(open.length) })}
                </Button>
              )}
              <Button small kind="plain" onClick={() => setSelected(new Set())}>
                {t("sessions.selectNone")}
              </Button>
            </>
          )}
        </div>
        <Table
          label={t("page.sessions")}
          columns={columns}
          rows={counted}
          rowKey={(s) => s.id}
          current={session}
          onOpen={(s) =>
            matchMedia("(width < 900px)").matches ? go(`/sessions/${seg(s.id)}`) : f.set({ session: s.id })
          }
          selected={me.may("stations") ? selected : undefined}
          onSelect={me.may("stations") ? setSelected : undefined}
          empty={
            <Empty why={filtered ? t("sessions.nothing") : t("sessions.none")}>
              {filtered && <Button onClick={f.clear}>{t("sessions.clear")}</Button>}
            </Empty>
          }
        />
        <div className="foot">
          <Shown rows={counted} />
          <span>{t(state ? "sessions.orderNewest" : "sessions.orderOpen")}</span>
          <span className="sp" />
          <ZoneNote zone={zone} />
          <span>{t("sessions.staleNote")}</span>
        </div>
      </div>
      {session && (
        <SessionPanel
          key={session}
          id={session}
          row={rows.rows.find((s) => s.id === session)}
          onClose={() => f.set({ session: "" })}
        />
      )}
      {closing && (
        <CloseDialog
          sessions={open}
          onClose={() => {
            setClosing(false);
            setSelected(new Set());
          }}
        />
      )}
    </div>
  );
}

type F = ReturnType<
  typeof useFilters<"q" | "state" | "site" | "from" | "to" | "flag" | "station" | "token" | "driver" | "session">
>;

function Head({ f, zone, query }: { f: F; zone: string; query: Record<string, string | undefined> }) {
  const t = useT();
  const sites = useSites();
  return (
    <div className="filters">
      <h1>{t("page.sessions")}</h1>
      <div className="chips">
        <PeriodFilter of={f} zone={zone} />
        <Chip on={f.value.state === "open"} onClick={() => f.set({ state: f.value.state === "open" ? "" : "open" })}>
          {t("sessions.onlyOpen")}
        </Chip>
        <Chip on={f.value.state === "held"} onClick={() => f.set({ state: f.value.state === "held" ? "" : "held" })}>
          {t("sessions.onlyHeld")}
        </Chip>
        <SelectChip
          label={t("sessions.state")}
          value={f.value.state === "open" || f.value.state === "held" ? "" : f.value.state}
          onChange={(v) => f.set({ state: v })}
          options={listStates.map((s) => ({ value: s, label: t(`sessions.states.${s}`) }))}
        />
        <SelectChip
          label={t("sessions.site")}
          value={f.value.site}
          onChange={(v) => f.set({ site: v })}
          options={sites.map((s) => ({ value: s.id, label: s.name }))}
        />
        <SelectChip
          label={t("sessions.strange")}
          value={f.value.flag}
          onChange={(v) => f.set({ flag: v })}
          options={flags.map((x) => ({ value: x, label: flagText(t, x) }))}
        />
        {(["station", "token", "driver"] as const).map(
          (k) =>
            f.value[k] && (
              <Chip key={k} on onClick={() => f.set({ [k]: "" })}>
                {`${t(`sessions.${k}`)}: ${f.value[k]}`}
              </Chip>
            ),
        )}
        <TextField
          hideLabel
          label={t("sessions.search")}
          placeholder={t("sessions.search")}
          value={f.value.q}
          onChange={(v) => f.set({ q: v })}
        />
      </div>
      <span className="sp" />
      <ButtonLink small href={address("/api/v1/exports/sessions.csv", query)} download>
        {t("sessions.csv")}
      </ButtonLink>
      <ButtonLink small href={address("/api/v1/exports/sessions.json", query)} download>
        {t("sessions.json")}
      </ButtonLink>
    </div>
  );
}

function useColumns(zone: string): Column<Session>[] {
  const t = useT();
  const started = useCallback((s: Session) => <Started of={s} zone={zone} />, [zone]);
  return useMemo<Column<Session>[]>(
    () => [
      { id: "started", head: t("sessions.startedAt"), cell: started, width: "112px" },
      {
        id: "where",
        head: t("sessions.where"),
        cell: (s) => (
          <>
            <A href={`/stations/${seg(s.station_id)}`}>{s.station_id}</A> <span className="t3">{s.evse_id}</span>
          </>
        ),
        width: "minmax(104px, 0.8fr)",
      },
      { id: "site", head: t("sessions.site"), cell: (s) => s.site_name || "–", width: "minmax(120px, 1.2fr)" },
      {
        id: "token",
        head: t("sessions.token"),
        cell: (s) => <span className="t2">{s.id_tag ? tokenHint(s.id_tag) : t("sessions.guest")}</span>,
        width: "72px",
      },
      { id: "state", head: t("sessions.state"), cell: (s) => <SessionMark of={s} />, width: "minmax(138px, 1fr)" },
      { id: "kw", head: "kW", cell: (s) => (s.state === "closed" ? "" : kw(s.power_w)), number: true, width: "52px" },
      { id: "rule", head: t("sessions.ruleHead"), cell: (s) => <Drawn of={s} />, width: "132px" },
      {
        id: "kwh",
        head: "kWh",
        cell: (s) =>
          s.state === "closed" ? (
            kwh(s.energy_wh)
          ) : (
            <Stale at={s.updated_at} limit={20 * 60_000}>
              {kwh(s.energy_wh)}
            </Stale>
          ),
        number: true,
        width: "76px",
      },
      {
        id: "soc",
        head: t("sessions.soc"),
        cell: (s) => <span className="t2">{s.soc === null ? "" : percent(s.soc)}</span>,
        number: true,
        width: "52px",
      },
      { id: "lasting", head: t("sessions.duration"), cell: (s) => <Lasting of={s} />, number: true, width: "76px" },
      {
        id: "cost",
        head: t("sessions.cost"),
        cell: (s) =>
          s.held ? <b>{t("sessions.held")}</b> : <b className="font-semi">{s.cost ? money(s.cost) : "–"}</b>,
        number: true,
        width: "92px",
      },
    ],
    [t, started],
  );
}

function Started({ of, zone }: { of: Session; zone: string }) {
  const at = of.started_at ?? of.created_at;
  const old = Date.now() - Date.parse(at) > 20 * 3_600_000;
  return <time dateTime={at}>{old ? moment(at, zone) : clock(at, zone)}</time>;
}

function Lasting({ of }: { of: Session }) {
  const now = useNow(1_000);
  return <>{span(lasting(of, now))}</>;
}

/** Power of what the EVSE can give, with the limit; of a closed one what is strange about it. */
function Drawn({ of }: { of: Session }) {
  const t = useT();
  if (of.state === "closed")
    return <span className="text-xs">{strange(of.flags).length > 0 && <Strange of={of} />}</span>;
  if (of.max_power_w <= 0) return <span className="t3 text-xs">{t("sessions.ratedUnknown")}</span>;
  return (
    <Rule
      value={of.power_w === null ? null : of.power_w / 1000}
      max={of.max_power_w / 1000}
      limit={of.limit_w === null ? null : of.limit_w / 1000}
      label={
        t("sessions.ofRated", { power: text(power(of.power_w)), rated: text(power(of.max_power_w)) }) +
        (of.limit_w === null ? "" : `, ${t("sessions.limitedTo", { power: text(power(of.limit_w)) })}`)
      }
    />
  );
}
