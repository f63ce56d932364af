import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { get, post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { between, clock, duration, energy, kw, money, num, percent, power, running, text } from "#shared/format";
import { connectorWord, connectorWords } from "#shared/format/connector";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A, useFilters } from "#shared/nav";
import {
  Button,
  ButtonLink,
  Chart,
  type ChartMark,
  Chip,
  ConfirmByConsequence,
  Empty,
  Figure,
  Legend,
  type Line,
  Num,
  Plate,
  ProblemBox,
  Rule,
  Stale,
  StateMark,
  stateOf,
  useNow,
} from "#shared/parts";
import type { TabProps } from "../station";
import { faultTodo, faultWords, ownWords } from "./faults";
import { changeWord, type Profiles, plannedOf, useProfiles } from "./profile";
import { Timeline } from "./timeline";
import type { Bay, SessionRow } from "./types";

/** What happens at the station now: its EVSEs, a chart of one of them, what happened last. */
export function LiveTab({ station, bays, open, zone, ask }: TabProps) {
  const t = useT();
  const f = useFilters(["evse"]);
  const profiles = useProfiles(station.id);
  const wanted = bays.find((b) => b.evse_id === Number(f.value.evse));
  const shown = wanted ?? bays.find((b) => b.session_id) ?? bays[0];
  return (
    <>
      <div className="grid gap-px grid-cols-[repeat(auto-fit,minmax(min(340px,100%),1fr))]">
        {bays.length === 0 && (
          <Plate>
            <Empty why={t("station.noEvses")}>
              <p className="t3">{t("station.noEvsesNext")}</p>
            </Empty>
          </Plate>
        )}
        {bays.map((b) => (
          <BayCard
            key={b.evse_id}
            bay={b}
            session={open.find((s) => s.id === b.session_id)}
            station={station.id}
            connected={station.connected}
            profiles={profiles.data}
            zone={zone}
            ask={ask}
          />
        ))}
      </div>
      {shown && (
        <PowerChart
          station={station.id}
          bay={shown}
          all={bays}
          zone={zone}
          profiles={profiles.data}
          onPick={(n) => f.set({ evse: String(n) })}
        />
      )}
      <Timeline station={station.id} zone={zone} />
    </>
  );
}

interface CardProps {
  bay: Bay;
  session?: SessionRow;
  station: string;
  connected: boolean;
  profiles?: Profiles;
  zone: string;
  ask: TabProps["ask"];
}

function BayCard(p: CardProps) {
  const { bay } = p;
  const state = stateOf(bay.state);
  return (
    <section
      className={`plate flex flex-col gap-2 ${state === "faulted" ? "bad" : ""}`}
      aria-labelledby={`evse-${bay.evse_id}`}
    >
      <header className="flex items-center gap-2.5">
        <h2 className="text-[16px]" id={`evse-${bay.evse_id}`}>
          EVSE {bay.evse_id}
        </h2>
        <span className="mono t2 cut">{bay.contract_id}</span>
        <span className="sp" />
        <b>
          <StateMark state={bay.state} />
        </b>
      </header>
      {state === "faulted" ? <Faulted {...p} /> : bay.session_id ? <Charging {...p} /> : <Quiet {...p} />}
    </section>
  );
}

const ratedWord = (bay: Bay, t: ReturnType<typeof useT>) =>
  bay.max_power_w > 0 ? t("station.rated", { power: text(power(bay.max_power_w)) }) : t("station.noRated");

function Charging({ bay, session, station, profiles, zone, connected }: CardProps) {
  const t = useT();
  const now = useNow(1_000);
  const secs = session?.started_at ? Math.max(0, (now - new Date(session.started_at).getTime()) / 1000) : null;
  return (
    <>
      <p className="text-[40px] leading-[42px] font-semi tracking-tight">
        <Stale at={bay.power_at} limit={bay.stale || !connected ? 0 : 3_600_000}>
          <Num of={power(bay.power_w)} />
        </Stale>
      </p>
      <PlateRule bay={bay} profiles={profiles} zone={zone} />
      <div className="grid grid-cols-[repeat(4,auto)] max-sm:grid-cols-2 justify-between gap-x-3 border-t border-line pt-1.5">
        <Figure label={t("station.energy")} value={energy(bay.energy_wh)} />
        <Figure label={t("station.soc")} value={percent(bay.soc)} />
        <Figure label={t("station.time")} value={running(secs)} />
        <Figure label={t("station.cost")} value={money(bay.cost)} />
      </div>
      <footer className="mt-auto flex flex-wrap items-center gap-2.5">
        <span className="t2">{electric(bay, t)}</span>
        <span className="sp" />
        <A className="lk" href={`/sessions/${seg(bay.session_id ?? "")}`}>
          {t("station.session")}
        </A>
        <Stop bay={bay} session={session} station={station} connected={connected} />
      </footer>
    </>
  );
}

/** "231 V, 32 A, 41 °C" as far as it is measured. */
const electric = (b: Bay, t: ReturnType<typeof useT>): string =>
  [
    connectorWords(b.connectors.map((c) => c.standard))[0],
    b.voltage_v !== null && `${num(b.voltage_v)} V`,
    b.current_a !== null && `${num(b.current_a)} A`,
    b.temperature_c !== null && t("station.inlet", { n: num(b.temperature_c) }),
  ]
    .filter(Boolean)
    .join(", ");

function PlateRule({ bay, profiles, zone }: { bay: Bay; profiles?: Profiles; zone: string }) {
  const t = useT();
  const own = profiles?.items
    .filter((p) => p.evse_id === bay.evse_id || p.evse_id === 0)
    .sort((a, b) => b.accepted_at.localeCompare(a.accepted_at))[0];
  if (bay.max_power_w === 0) return <p className="t3 text-sm">{t("station.noRated")}</p>;
  return (
    <div>
      <Rule
        size="plate"
        width={392}
        value={bay.power_w}
        max={bay.max_power_w}
        limit={bay.limit_w}
        label={t("station.ruleLabel", { power: kw(bay.power_w), max: kw(bay.max_power_w) })}
      />
      <p className="flex flex-wrap justify-between gap-x-3 text-sm pt-0.5">
        {bay.limit_w !== null ? (
          <span className="tp">
            {own
              ? t("station.limitSince", {
                  limit: kw(bay.limit_w),
                  id: own.profile.id,
                  at: clock(own.accepted_at, zone),
                })
              : t("station.limit", { limit: kw(bay.limit_w) })}
          </span>
        ) : (
          <span className="t3">{t("station.noLimit")}</span>
        )}
        <span className="t2">{ratedWord(bay, t)}</span>
      </p>
    </div>
  );
}

function Stop({
  bay,
  session,
  station,
  connected,
}: {
  bay: Bay;
  session?: SessionRow;
  station: string;
  connected: boolean;
}) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const [asking, setAsking] = useState(false);
  if (!me.may("stations") || !session) return null;
  return (
    <>
      <Button
        small
        kind="danger"
        disabled={!connected}
        aria-label={t("station.stopEvse", { evse: bay.evse_id })}
        onClick={() => setAsking(true)}
      >
        {t("station.stop")}
      </Button>
      <ConfirmByConsequence
        open={asking}
        onClose={() => setAsking(false)}
        title={t("station.stopEvse", { evse: bay.evse_id })}
        consequence={t("command.thenStops", { count: 1, energy: text(energy(bay.energy_wh)) })}
        deed={t("station.stopDeed")}
        act={async () => {
          const o = await post<{ status: string; word?: string; reason?: string }>(
            `/stations/${seg(station)}/commands/remote_stop`,
            { transaction: session.transaction_id },
          );
          void cache.invalidateQueries({ queryKey: ["/stations", station] });
          if (o.status !== "accepted")
            throw new Error(
              t("station.stopRefused", { word: [o.word || o.status, o.reason].filter(Boolean).join(", ") }),
            );
        }}
      />
    </>
  );
}

function Faulted({ bay, session, connected, zone, ask }: CardProps) {
  const t = useT();
  const me = useMe();
  const now = useNow(10_000);
  const bad = bay.connectors.find((c) => c.error_code && c.error_code !== "NoError") ?? bay.connectors[0];
  const code = bad?.error_code ?? "";
  const said = bad ? ownWords(bad) : "";
  return (
    <>
      <p className="text-[28px] leading-9 font-semi tf">{faultWords(code, t)}</p>
      <p className="t2">
        {bay.since &&
          t("station.since", { at: clock(bay.since, zone), age: duration(between(bay.since, new Date(now))) })}{" "}
        {t(bay.session_id ? "station.sessionRan" : "station.noSession")}
      </p>
      <dl>
        <dt className="text-sm t2">{t("station.says")}</dt>
        <dd className="mono pb-1.5">{said || t("station.saysNothing")}</dd>
        <dt className="text-sm t2">{t("station.whatToDo")}</dt>
        <dd>{faultTodo(code, t)}</dd>
      </dl>
      <footer className="mt-auto flex flex-wrap items-center gap-2.5">
        {session && (
          <A className="lk" href={`/sessions/${seg(session.id)}`}>
            {t("station.session")}
          </A>
        )}
        <span className="sp" />
        {me.may("stations") && (
          <>
            <Button small disabled={!connected} onClick={() => ask("reset", { evse: bay.evse_id })}>
              {t("station.resetEvse", { evse: bay.evse_id })}
            </Button>
            <Button
              small
              disabled={!connected}
              onClick={() => ask("set_availability", { evse: bay.evse_id, operative: "false" })}
            >
              {t("station.outOfService")}
            </Button>
          </>
        )}
      </footer>
    </>
  );
}

/** An EVSE without a session. */
function Quiet({ bay, connected, zone, ask, profiles }: CardProps) {
  const t = useT();
  const me = useMe();
  const now = useNow(10_000);
  const closed = stateOf(bay.state) === "unavailable";
  return (
    <>
      <p className="text-[28px] leading-9 font-semi t2">{t(closed ? "station.closed" : "station.idle")}</p>
      <p className="t2">
        {bay.since
          ? t("station.since", { at: clock(bay.since, zone), age: duration(between(bay.since, new Date(now))) })
          : t("station.neverTold")}
      </p>
      <PlateRule bay={bay} profiles={profiles} zone={zone} />
      <footer className="mt-auto flex flex-wrap items-center gap-2.5">
        <span className="t3">
          {bay.connectors
            .map((c) => connectorWord(c.standard) || t("station.connector", { n: c.connector_id }))
            .join(", ")}
        </span>
        <span className="sp" />
        {me.may("stations") &&
          (closed ? (
            <Button
              small
              disabled={!connected}
              onClick={() => ask("set_availability", { evse: bay.evse_id, operative: "true" })}
            >
              {t("station.inService")}
            </Button>
          ) : (
            <Button small disabled={!connected} onClick={() => ask("remote_start", { evse: bay.evse_id })}>
              {t("station.startEvse", { evse: bay.evse_id })}
            </Button>
          ))}
        <ButtonLink small href={`/sessions?q=${encodeURIComponent(bay.contract_id || "")}`}>
          {t("station.tab.sessions")}
        </ButtonLink>
      </footer>
    </>
  );
}

interface PowerSeries {
  power: [number, number | null][];
  limit: [number, number | null][];
  soc: [number, number | null][];
  changes: { at: string; text: string }[];
}

const spans = [1, 3, 12, 48] as const;

const inKw = (s: readonly [number, number | null][]): [number, number | null][] =>
  s.map(([at, w]) => [at, w === null ? null : w / 1000]);

function PowerChart({
  station,
  bay,
  all,
  zone,
  profiles,
  onPick,
}: {
  station: string;
  bay: Bay;
  all: readonly Bay[];
  zone: string;
  profiles?: Profiles;
  onPick: (evse: number) => void;
}) {
  const t = useT();
  const f = useFilters(["hours"]);
  const hours = spans.find((h) => String(h) === f.value.hours) ?? 1;
  const q = useQuery(
    live(
      [`station:${station}`, ...(bay.session_id ? [`session:${bay.session_id}`] : [])],
      {
        queryKey: ["/stations", station, "power", bay.evse_id, hours],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          get<PowerSeries>(`/stations/${seg(station)}/power`, { evse: bay.evse_id, hours }, signal),
        placeholderData: (old: PowerSeries | undefined) => old,
      },
      5_000,
    ),
  );
  const now = useNow(30_000);
  const lines = useMemo<Line[]>(() => {
    const d = q.data;
    const plan = plannedOf(profiles, bay.evse_id, now, now + (hours * 3_600_000) / 4);
    const out: Line[] = [{ kind: "area", label: t("station.measured"), points: inKw(d?.power ?? []) }];
    if (d?.limit.length) out.push({ kind: "limit", label: t("station.limitInForce"), points: inKw(d.limit) });
    if (plan.length) out.push({ kind: "plan", label: t("station.planned"), points: inKw(plan), stepped: true });
    if (d?.soc.length) out.push({ kind: "line", label: t("station.socAxis"), points: d.soc, right: true });
    return out;
  }, [q.data, profiles, bay.evse_id, now, hours, t]);
  const marks = useMemo<ChartMark[]>(
    () =>
      (q.data?.changes ?? [])
        .filter((c) => !c.text.startsWith("Session "))
        .slice(-3)
        .map((c) => ({ at: new Date(c.at).getTime(), text: changeWord(c.text, t) })),
    [q.data, t],
  );
  const nothing = q.data && q.data.power.length === 0;
  return (
    <Plate
      title={t("station.chart", { evse: bay.evse_id })}
      note={<Legend lines={lines} />}
      actions={
        <span className="chips">
          {all.length > 1 &&
            all.slice(0, 8).map((b) => (
              <Chip key={b.evse_id} on={b.evse_id === bay.evse_id} onClick={() => onPick(b.evse_id)}>
                EVSE {b.evse_id}
              </Chip>
            ))}
          {spans.map((h) => (
            <Chip key={h} on={h === hours} onClick={() => f.set({ hours: h === 1 ? "" : String(h) })}>
              {t("station.hours", { n: h })}
            </Chip>
          ))}
        </span>
      }
    >
      {q.error && !q.data ? (
        <ProblemBox error={q.error} retry={() => void q.refetch()} />
      ) : nothing ? (
        <Empty why={t("station.noPower", { count: hours })} />
      ) : (
        <Chart
          lines={lines}
          label={t("station.chartLabel", { evse: bay.evse_id, power: kw(bay.power_w) })}
          unit="kW"
          zone={zone}
          height={210}
          from={now - hours * 3_600_000}
          to={now + (hours * 3_600_000) / 4}
          now={now}
          marks={marks}
          decimals={1}
          top={(bay.max_power_w || 0) / 1000}
        />
      )}
    </Plate>
  );
}
