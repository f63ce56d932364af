import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { post } from "#shared/api/client";
import { clock, moment, money, price } from "#shared/format";
import { language, useT } from "#shared/i18n";
import { Button, Check, NumberField, ProblemBox, TextField, ZoneNote } from "#shared/parts";
import { useZone } from "../../sessions/data";
import { dayIn, instant } from "../../sessions/logic";
import { type Rated, Result } from "../try";
import { type Doc, pricesOf, type Start, weekOf } from "./model";
import { type Place, useCalm, whereOf } from "./tools";

interface Simulated {
  currency: string;
  time_zone: string;
  rating: Rated;
  segments: { start: string; end: string; state: string }[];
  prices: { at: string; per_kwh: string | null }[];
  starts: Start[];
  cheapest: number | null;
  dearest: number | null;
}

/** What a session would cost, renewed with each change. `text` is the tariff's JSON, known to be one. */
export function Trial({ text, place }: { text: string; place: Place }) {
  const t = useT();
  const zone = useZone(place.site || undefined);
  const [kwh, setKwh] = useState<number | null>(30);
  const [kw, setKw] = useState<number | null>(50);
  const [parked, setParked] = useState<number | null>(0);
  const [taper, setTaper] = useState(false);
  const [start, setStart] = useState(`${dayIn(zone, Date.now())}T18:00`);
  const at = instant(start, zone);
  const can = at !== undefined && kwh !== null && kwh >= 0 && kwh <= 1000 && kw !== null && kw >= 1 && kw <= 10_000;
  const body = useMemo(
    () =>
      JSON.stringify({
        ...whereOf(place),
        time_zone: zone,
        start: at,
        energy_wh: Math.round((kwh ?? 0) * 1000),
        power_w: Math.round((kw ?? 0) * 1000),
        parked_minutes: Math.min(Math.max(Math.round(parked ?? 0), 0), 20_160),
        taper,
      }),
    [place, zone, at, kwh, kw, parked, taper],
  );
  const calm = useCalm(body);
  const q = useQuery({
    queryKey: ["/tariffs/simulate", text, calm],
    queryFn: () =>
      post<Simulated>("/tariffs/simulate", { ...(JSON.parse(calm) as object), tariff: JSON.parse(text) as Doc }),
    enabled: can,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return (
    <div className="grid gap-3">
      <div className="grid grid-cols-2 gap-3">
        <TextField
          label={t("tariffs.start")}
          type="datetime-local"
          value={start}
          onChange={setStart}
          className="col-span-2"
        />
        <NumberField label={t("tariffs.energy")} unit="kWh" value={kwh} onChange={setKwh} />
        <NumberField label={t("tedit.power")} unit="kW" value={kw} onChange={setKw} />
        <NumberField
          label={t("tariffs.parked")}
          unit="min"
          value={parked}
          onChange={setParked}
          className="col-span-2"
        />
      </div>
      <Check label={t("tedit.taper")} checked={taper} onChange={setTaper} />
      {q.error ? (
        <ProblemBox error={q.error} />
      ) : q.data && can ? (
        <Outcome of={q.data} zone={zone} onStart={setStart} />
      ) : null}
    </div>
  );
}

function Outcome({ of: x, zone, onStart }: { of: Simulated; zone: string; onStart: (wall: string) => void }) {
  const t = useT();
  const last = x.segments.at(-1);
  const say = (at: string) =>
    new Intl.DateTimeFormat(language(), {
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      timeZone: zone,
    }).format(new Date(at));
  const best = x.cheapest === null ? undefined : x.starts[x.cheapest];
  const worst = x.dearest === null ? undefined : x.starts[x.dearest];
  return (
    <div aria-live="polite" className="grid gap-3">
      <Result of={x.rating} />
      <p className="t2 text-sm">
        {last && t("tedit.ends", { at: moment(last.end, zone) })} <ZoneNote zone={zone} />
      </p>
      {x.prices.length > 1 && (
        <ol className="text-sm grid gap-1" aria-label={t("tedit.pricesOver")}>
          {x.prices.map((p) => (
            <li key={p.at} className="flex gap-3">
              <span className="mono">{clock(p.at, zone, false)}</span>
              <span>
                {p.per_kwh === null ? t("tedit.free") : t("tedit.perKwh", { price: price(p.per_kwh, x.currency) })}
              </span>
            </li>
          ))}
        </ol>
      )}
      {best && worst && (
        <p className="text-sm">
          {t("tedit.span", {
            best: say(best.at),
            least: money(best.total),
            worst: say(worst.at),
            most: money(worst.total),
          })}{" "}
          <Button small onClick={() => onStart(`${dayIn(zone, Date.parse(best.at))}T${clock(best.at, zone, false)}`)}>
            {t("tedit.startThen")}
          </Button>
        </p>
      )}
      {x.starts.length > 0 && <Week starts={x.starts} currency={x.currency} zone={zone} />}
    </div>
  );
}

/** The price of a kWh at each hour of a week: a row for each day, darker is dearer. */
function Week({ starts, currency, zone }: { starts: readonly Start[]; currency: string; zone: string }) {
  const t = useT();
  const days = weekOf(starts, (at) => ({
    day: dayIn(zone, Date.parse(at)),
    hour: Number(clock(at, zone, false).slice(0, 2)),
  }));
  const prices = pricesOf(starts);
  const say = (p: string | null) => (p === null ? t("tedit.free") : price(p, currency));
  const shade = (p: string | null) =>
    prices.length < 2 ? 40 : Math.round(8 + (82 * prices.indexOf(p)) / (prices.length - 1));
  const tint = (p: string | null) => ({
    background: `color-mix(in oklab, var(--cw-plan-fill) ${shade(p)}%, var(--cw-plate))`,
  });
  const name = (day: string) =>
    new Intl.DateTimeFormat(language(), { weekday: "short", timeZone: "UTC" }).format(Date.parse(`${day}T00:00Z`));
  const shown =
    prices.length <= 6 ? prices : [prices[0] ?? null, prices[prices.length >> 1] ?? null, prices.at(-1) ?? null];
  return (
    <figure className="m-0">
      <figcaption className="t2 text-sm mb-1">{t("tedit.week")}</figcaption>
      <div
        role="img"
        aria-label={t("tedit.weekSays", { least: say(prices[0] ?? null), most: say(prices.at(-1) ?? null) })}
      >
        {days.map((d) => (
          <div key={d.day} className="flex items-center gap-2">
            <span className="t3 text-sm w-8 shrink-0">{name(d.day)}</span>
            <span
              className="grid grow gap-px"
              style={{ gridTemplateColumns: `repeat(${d.cells.length}, minmax(0, 1fr))` }}
            >
              {d.cells.map((c) => (
                <span
                  key={c.at}
                  className="h-4"
                  style={tint(c.per_kwh)}
                  title={`${name(d.day)} ${String(c.hour).padStart(2, "0")}:00, ${say(c.per_kwh)}`}
                />
              ))}
            </span>
          </div>
        ))}
        <div className="flex t3 text-sm pl-10 justify-between">
          <span>0</span>
          <span>6</span>
          <span>12</span>
          <span>18</span>
          <span>24</span>
        </div>
      </div>
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm mt-1">
        {shown.map((p) => (
          <li key={String(p)} className="flex items-center gap-1">
            <span className="inline-block w-3 h-3 border border-line" style={tint(p)} />
            {say(p)}
          </li>
        ))}
      </ul>
    </figure>
  );
}
