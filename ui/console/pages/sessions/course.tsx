import { useMemo } from "react";
import { clock, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { Chart, type ChartMark, Icon, Legend, type Line, type Point, StateMark } from "#shared/parts";
import type { Course, Session } from "./types";
import { reasonText } from "./words";

const kilo = (s: readonly [number, number | null][]): Point[] => s.map(([at, v]) => [at, v === null ? null : v / 1000]);

/** From the first to the last of what is known, so that all charts of a session have one time axis. */
function spanOf(of: Session, c: Course): { from?: number; to?: number } {
  const ends = [c.power, c.energy].flatMap((l) => [l[0]?.[0], l.at(-1)?.[0]]);
  const said = [of.started_at, of.stopped_at].map((at) => (at ? Date.parse(at) : undefined));
  const known = [...ends, ...said].filter((at) => at !== undefined);
  const [from, to] = [Math.min(...known), Math.max(...known)];
  return to > from ? { from, to } : {};
}

/** Power with its limit, and the state of charge where the vehicle says it. */
export function PowerChart({
  of,
  course,
  zone,
  height,
}: {
  of: Session;
  course: Course;
  zone: string;
  height?: number;
}) {
  const t = useT();
  const lines = useMemo<Line[]>(() => {
    const all: Line[] = [{ kind: "area", label: t("sessions.power"), points: kilo(course.power) }];
    if (course.limit.length > 0) all.push({ kind: "limit", label: t("sessions.limit"), points: kilo(course.limit) });
    if (course.soc_series.length > 0)
      all.push({ kind: "line", label: t("sessions.soc"), points: course.soc_series, right: true });
    return all;
  }, [course.power, course.limit, course.soc_series, t]);
  const marks = useMemo<ChartMark[]>(() => limitMarks(course), [course]);
  if (course.power.length < 2) return <p className="t3 py-2">{t("sessions.noPower")}</p>;
  return (
    <>
      <Chart
        lines={lines}
        label={t("sessions.powerOf", { id: of.station_id })}
        unit="kW"
        zone={zone}
        {...spanOf(of, course)}
        height={height ?? 220}
        decimals={1}
        marks={marks}
      />
      <Legend lines={lines} />
    </>
  );
}

/** The last change of the limit, in words. */
function limitMarks(c: Course): ChartMark[] {
  for (let i = c.limit.length - 1; i > 0; i--) {
    const [at, w] = c.limit[i] ?? [0, null];
    if (w !== null && w !== c.limit[i - 1]?.[1]) return [{ at, text: `${num(w / 1000)} kW`, tone: "plan" }];
  }
  return [];
}

/** The price of a kWh while the session went. */
export function PriceChart({
  of,
  course,
  zone,
  currency,
}: {
  of: Session;
  course: Course;
  zone: string;
  currency: string;
}) {
  const t = useT();
  const lines = useMemo<Line[]>(() => {
    const points: Point[] = course.price.map(([at, p]) => [at, p === null ? null : Number(p)]);
    const end = spanOf(of, course).to;
    const last = points.at(-1);
    if (last && end && end > last[0]) points.push([end, last[1]]);
    return [{ kind: "line", label: t("sessions.pricePerKwh"), points, stepped: true }];
  }, [of, course, t]);
  if (course.price.length === 0) return null;
  return (
    <Chart
      lines={lines}
      label={t("sessions.pricePerKwh")}
      unit={`${currency || ""}/kWh`}
      zone={zone}
      {...spanOf(of, course)}
      height={110}
      decimals={2}
    />
  );
}

/** Energy since the start. */
export function EnergyChart({ of, course, zone }: { of: Session; course: Course; zone: string }) {
  const t = useT();
  const lines = useMemo<Line[]>(
    () => [{ kind: "line", label: t("sessions.energy"), points: kilo(course.energy) }],
    [course.energy, t],
  );
  if (course.energy.length < 2) return null;
  return (
    <Chart
      lines={lines}
      label={t("sessions.energySince")}
      unit="kWh"
      zone={zone}
      {...spanOf(of, course)}
      height={110}
      decimals={2}
    />
  );
}

const flows: Record<string, string> = {
  Charging: "charging",
  "Paused by vehicle": "suspended_ev",
  "Held by limit": "suspended_evse",
  "Connected, not charging yet": "preparing",
  "Finished, plugged in": "finishing",
};

/** What happened, in order. */
export function Events({ of, course, zone }: { of: Session; course: Course; zone: string }) {
  const t = useT();
  const shown = course.events.slice(-200);
  if (shown.length === 0) return <p className="t3">{t("sessions.noEvents")}</p>;
  return (
    <ol>
      {shown.map((e, i) => (
        <li key={i} className="grid grid-cols-[56px_minmax(0,1fr)] gap-2 text-sm leading-6">
          <time className="t3" dateTime={e.at}>
            {clock(e.at, zone)}
          </time>
          {e.kind === "flow" ? (
            <StateMark
              state={flows[e.text] ?? "unknown"}
              size={13}
              word={flows[e.text] ? undefined : e.text || t("sessions.flowUnknown")}
            />
          ) : (
            <span className="st">
              <Icon name={e.kind === "started" ? "plug" : "stop"} size={13} />
              {e.kind === "started"
                ? t("sessions.started")
                : t("sessions.stopped", { reason: reasonText(t, of.stop_reason) })}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
