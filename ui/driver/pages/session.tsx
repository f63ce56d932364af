import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { post, seg } from "#shared/api/client";
import {
  between,
  clock,
  duration,
  energy,
  moment,
  money,
  num,
  power,
  price,
  running as runningTime,
  zoneName,
} from "#shared/format";
import { connectorWords } from "#shared/format/connector";
import { useT } from "#shared/i18n";
import { useConnection } from "#shared/live";
import { A, useGo, useParams } from "#shared/nav";
import {
  Button,
  ButtonLink,
  Chart,
  type ChartMark,
  ConfirmByConsequence,
  Icon,
  type Line,
  Loaded,
  Num,
  Stale,
  StateMark,
  useNow,
} from "#shared/parts";
import { plugQuery, sessionQuery, useSessionsChanged } from "../data";
import { Page } from "../frame";
import {
  aboutMinutes,
  carSlows,
  heldBy,
  hero,
  limitSteps,
  nextFee,
  type Phase,
  phase,
  running,
  staleAfter,
  startSoc,
  untilTarget,
} from "../logic/charging";
import { asSentence, parts } from "../logic/price";
import type { Course, EvseCard, MySession } from "../logic/types";
import { Details } from "../parts/details";
import { useHelpline } from "../parts/helpline";
import { whole } from "../parts/price";
import { SocRule } from "../parts/soc-rule";

type Whole = MySession & { course?: Course };

/** Up to here cars charge fast; the notch of the rule. In per cent. */
const target = 80;

export default function SessionPage() {
  const t = useT();
  const go = useGo();
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const q = useQuery(sessionQuery(id));
  const s = q.data as Whole | undefined;
  const helpline = useHelpline();
  const plug = useQuery({ ...plugQuery(s?.evse.number ?? ""), enabled: !!s?.evse.number }).data?.evse;
  const words = connectorWords(plug?.connectors.map((c) => c.standard) ?? []).join(", ");
  return (
    <Page
      over={s?.site.name}
      title={
        s ? (
          <span className="text-base">
            {[t("evse.title", { n: s.evse.evse_id }), words].filter(Boolean).join(", ")}{" "}
            <span className="mono t2 font-normal">{s.evse.contract_id}</span>
          </span>
        ) : (
          t("page.session")
        )
      }
      back={() => go("/sessions")}
      action={
        helpline && (
          <a className="btn icon" href={helpline.href} aria-label={t("session.help")} title={t("session.help")}>
            <Icon name="phone" size={22} />
          </a>
        )
      }
      dock={s && (running(s) ? <Stop s={s} /> : <After s={s} />)}
    >
      <Loaded of={q}>
        {(data) => (running(data) ? <Live s={data as Whole} plug={plug} /> : <Ended s={data as Whole} plug={plug} />)}
      </Loaded>
    </Page>
  );
}

const states: Record<Phase, string> = {
  starting: "preparing",
  charging: "charging",
  paused_by_car: "suspended_ev",
  held: "suspended_evse",
  finished: "finishing",
  ended: "finishing",
};

function Live({ s, plug }: { s: Whole; plug?: EvseCard }) {
  const t = useT();
  const now = useNow(1_000);
  const lost = useConnection() === "lost";
  const p = phase(s);
  const at = s.at ? Date.parse(s.at) : null;
  const old = at !== null && now - at > staleAfter;
  const stale = old || (lost && at !== null && now - at > 15_000);
  const fee = nextFee(s.idle, now);
  return (
    <>
      {lost && (
        <p className="note nonround" role="status">
          <Icon name="p2" />
          <span>{t("session.lost")}</span>
        </p>
      )}
      <section className="soc">
        <p className="flex items-center gap-2">
          <b>
            <StateMark
              state={states[p]}
              word={p === "starting" ? t("session.starting") : undefined}
              blocking={p === "finished" && (fee.kind === "soon" || fee.kind === "runs")}
            />
          </b>
          <span className="sp" />
          {at !== null && (
            <span className={`text-sm ${stale ? "tw" : "t3"}`}>
              <time dateTime={s.at ?? undefined}>
                {t("time.ago", {
                  age: duration(Math.max(1_000, Math.floor((now - at) / 1_000) * 1_000)).replace(/[.,]0(?=\D)/, ""),
                })}
              </time>
            </span>
          )}
        </p>
        <Hero s={s} stale={stale} />
      </section>
      <dl className="quad">
        <Cell label={t("session.power")}>
          {s.power_w === null ? (
            <span className="t2">{t("session.unsaid")}</span>
          ) : (
            <Stale at={s.at} limit={staleAfter}>
              <Num of={power(p === "charging" ? s.power_w : Math.max(0, s.power_w))} />
            </Stale>
          )}
        </Cell>
        <Cell label={t("session.energy")}>
          <Num of={energy(s.energy_wh)} />
        </Cell>
        <Cell label={t("session.cost")}>
          {s.cost ? money(s.cost) : <span className="t2">{t("session.unsaid")}</span>}
        </Cell>
        <Cell label={t("session.time")}>
          <Num of={runningTime((between(s.started_at, new Date(now)) ?? 0) / 1000)} />
        </Cell>
      </dl>
      <Curve s={s} max={plug?.max_power_w ?? 0} />
      <Price s={s} plug={plug} />
    </>
  );
}

/** The price of the session in full; the lines of the plug's price while that is the same. */
function Price({ s, plug }: { s: MySession; plug?: EvseCard }) {
  const t = useT();
  return (
    <section>
      <h2>{t("price.price")}</h2>
      <p>{asSentence(s.price_sentence) || t("price.none")}</p>
      {plug?.price?.sentence === s.price_sentence && <Details of={plug.price.details} sentence={s.price_sentence} />}
    </section>
  );
}

function Cell({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="t2 text-sm">{label}</dt>
      <dd className="text-figure font-semi">{children}</dd>
    </div>
  );
}

function Hero({ s, stale }: { s: Whole; stale: boolean }) {
  const t = useT();
  const h = hero(s);
  const series = s.course?.soc_series ?? [];
  if (h.kind === "energy") {
    const e = energy(h.wh);
    return (
      <>
        <div className="herorow">
          <strong>
            <span className={stale ? "stale" : ""}>{e.value}</span>
            <small>{e.unit}</small>
          </strong>
        </div>
        <p className="t2 text-sm">{t("session.noSoc")}</p>
      </>
    );
  }
  const ms = stale || phase(s) !== "charging" ? null : untilTarget(series, target);
  const last = series.filter((x) => x[1] !== null).at(-1)?.[0] ?? Date.now();
  return (
    <>
      <div className="herorow">
        <strong>
          <span className={stale ? "stale" : ""}>{num(h.value)}</span>
          <small>%</small>
        </strong>
        {ms !== null && (
          <p>
            {t("session.targetIn", { target })} <b>{about(t, ms)}</b>
            <br />
            <span className="t2">{t("session.at", { time: clock(last + ms, s.site.time_zone, false) })}</span>
          </p>
        )}
        {h.value >= target && phase(s) === "charging" && (
          <p className="t2 text-sm">{t("session.slower", { target })}</p>
        )}
      </div>
      <SocRule
        value={h.value}
        from={startSoc(series)}
        target={target}
        stale={stale}
        label={t("session.rule", { soc: h.value, target })}
      />
    </>
  );
}

function about(t: ReturnType<typeof useT>, ms: number): string {
  const m = aboutMinutes(ms);
  return m < 60
    ? t("session.aboutMin", { min: m })
    : t("session.aboutHours", { h: Math.floor(m / 60), min: String(m % 60).padStart(2, "0") });
}

const kw = (points: readonly (readonly [number, number | null])[]) =>
  points.map(([at, w]) => [at, w === null ? null : w / 1000] as const);

function Curve({ s, max }: { s: Whole; max: number }) {
  const t = useT();
  const c = s.course;
  const live = running(s);
  const end = s.stopped_at ? Date.parse(s.stopped_at) : null;
  const from = s.started_at ? Date.parse(s.started_at) : undefined;
  const lines = useMemo((): Line[] => {
    if (!c) return [];
    const below = c.limit.map(([at, w]) => [at, w !== null && max > 0 && w >= max * 0.99 ? null : w] as const);
    return [
      { kind: "area", label: t("session.power"), points: kw(c.power) },
      ...(below.some(([, w]) => w !== null)
        ? [{ kind: "limit", label: t("session.limit"), points: kw(below) } as Line]
        : []),
    ];
  }, [c, max, t]);
  const marks = useMemo(
    (): ChartMark[] =>
      c
        ? limitSteps(c.limit, max, 2).flatMap((x) =>
            x.w === null
              ? []
              : [{ at: x.at, text: t("session.mark", { power: whole(x.w) }), y: x.w / 1000, tone: "plan" }],
          )
        : [],
    [c, max, t],
  );
  if (!c || c.power.length < 2)
    return <section>{<p className="t2 text-sm">{live ? t("session.noCurve") : t("session.neverCurve")}</p>}</section>;
  const held = live ? heldBy(c, max) : null;
  const why = held
    ? t("session.held", { power: whole(held.w), time: clock(held.since, s.site.time_zone, false) })
    : live && carSlows(c, max)
      ? t("session.slows")
      : "";
  return (
    <section className="curve">
      <h2 className="t2 text-sm font-normal">
        <b>{t("session.curve")}</b> {why}
      </h2>
      <Chart
        label={t("session.curveLabel", { time: clock(s.started_at, s.site.time_zone, false) })}
        lines={lines}
        unit="kW"
        height={190}
        zone={s.site.time_zone}
        from={from}
        to={end ?? undefined}
        marks={marks}
      />
      <p className="t3 text-xs">{t("session.zone", { zone: zoneName(s.site.time_zone, s.started_at) })}</p>
    </section>
  );
}

/** "€0.59 per kWh. In 40 min also €0.10 per minute." with the countdown when it is near. */
function FeeLine({ s }: { s: MySession }) {
  const t = useT();
  const now = useNow(1_000);
  const f = nextFee(s.idle, now);
  const sentence = s.price_sentence;
  const currency = s.cost?.currency;
  if (f.kind === "none")
    return sentence ? (
      <p className="text-sm">
        <b>{first(sentence)}</b>
      </p>
    ) : null;
  const fee = currency ? price(f.fee, currency) : f.fee;
  const per = t(`session.per.${f.per === "h" || f.per === "hour" ? "h" : "min"}`, { fee });
  const calm = f.kind === "later" || f.kind === "after";
  return (
    <div className={calm ? "" : "note"}>
      {!calm && <Icon name="p2" />}
      <p className={calm ? "text-sm" : ""} aria-live={f.kind === "runs" ? "polite" : undefined}>
        {f.kind === "after" && (
          <>
            <b>{first(sentence)}</b> {t("session.feeAfter", { fee: per })}
          </>
        )}
        {f.kind === "later" && (
          <>
            <b>{first(sentence)}</b> {t("session.feeLater", { min: Math.max(1, Math.round(f.ms / 60_000)), fee: per })}
          </>
        )}
        {f.kind === "soon" && (
          <>
            {t("session.feeSoon")} <b className="text-head">{runningTime(f.ms / 1000).value}</b>{" "}
            {t("session.feeAlso", { fee: per })}
          </>
        )}
        {f.kind === "runs" && (
          <b>{t("session.feeRuns", { time: clock(f.since, s.site.time_zone, false), fee: per })}</b>
        )}
      </p>
    </div>
  );
}

/** The first price of a sentence, as the fees are said beside it. */
const first = (sentence: string) => asSentence(parts(sentence).energy || parts(sentence).fees);

function Stop({ s }: { s: MySession }) {
  const t = useT();
  const cache = useQueryClient();
  const changed = useSessionsChanged();
  const [open, setOpen] = useState(false);
  const stop = useMutation({
    mutationFn: () => post<MySession>(`/me/sessions/${seg(s.id)}/stop`),
    onSuccess: (now) => {
      cache.setQueryData(["me", "session", s.id], (old: Whole | undefined) => old && { ...old, ...now });
      changed();
    },
  });
  const asked = stop.isSuccess;
  return (
    <>
      <FeeLine s={s} />
      {asked && (
        <p className="text-sm" role="status">
          {t("session.stopping")}
        </p>
      )}
      <Button go icon="stop" busy={stop.isPending} onClick={() => setOpen(true)}>
        {asked ? t("session.stopAgain") : t("session.stop")}
      </Button>
      <ConfirmByConsequence
        title={t("session.stopTitle")}
        open={open}
        onClose={() => setOpen(false)}
        consequence={
          s.cost
            ? t("session.stopCost", { energy: whole2(s.energy_wh), cost: money(s.cost) })
            : t("session.stopEnergy", { energy: whole2(s.energy_wh) })
        }
        deed={t("session.stop")}
        act={() => stop.mutateAsync()}
      />
    </>
  );
}

const whole2 = (wh: number) => {
  const m = energy(wh);
  return `${m.value} ${m.unit}`;
};

function Ended({ s, plug }: { s: Whole; plug?: EvseCard }) {
  const t = useT();
  const mean = between(s.started_at, s.stopped_at);
  return (
    <>
      <section className="soc">
        <p>
          <b>
            <StateMark state="finishing" word={t("session.ended", { time: moment(s.stopped_at, s.site.time_zone) })} />
          </b>
        </p>
        <div className="herorow">
          <strong className="sum1">{s.cost ? money(s.cost) : whole2(s.energy_wh)}</strong>
          <p className="t2 text-sm">{s.cost_final ? t("session.final") : t("session.notFinal")}</p>
        </div>
      </section>
      <dl className="quad">
        <Cell label={t("session.energy")}>
          <Num of={energy(s.energy_wh)} />
        </Cell>
        <Cell label={t("session.time")}>
          <Num of={runningTime((mean ?? 0) / 1000)} />
        </Cell>
      </dl>
      <Curve s={s} max={plug?.max_power_w ?? 0} />
      <Price s={s} plug={plug} />
      <section>
        <p>
          <A
            className="lk"
            href={`/report?site=${seg(s.site.id)}&evse=${seg(`${s.evse.station_id}/${s.evse.evse_id}`)}`}
          >
            {t("site.report")}
          </A>
        </p>
      </section>
    </>
  );
}

function After({ s }: { s: MySession }) {
  const t = useT();
  return (
    <>
      <p className="text-sm">{t("session.unplug")}</p>
      {s.receipt_id ? (
        <ButtonLink go icon="receipt" href={`/receipts/${seg(s.receipt_id)}`}>
          {t("session.receipt")}
        </ButtonLink>
      ) : (
        <p className="t2 text-sm">{t("session.noReceipt")}</p>
      )}
    </>
  );
}
