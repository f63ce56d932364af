import { useMemo } from "react";
import { energy, money, num, ownZone, percent, power, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters, useGo } from "#shared/nav";
import { Figure, Loaded, type MapMarker, Num, Plates, Rule, SiteMap, Stale, ZoneNote } from "#shared/parts";
import { type Overview as Data, useOverview } from "../overview-data";
import { useTiles } from "./map/tiles";
import { Feed } from "./overview/feed";
import { levelOf } from "./overview/level";
import { Matrix } from "./overview/matrix";
import { PowerToday } from "./overview/power-today";
import { Work } from "./overview/work";

/** The network at a glance: power, today, every EVSE, what waits, what happens. */
export default function Overview() {
  const t = useT();
  const { site } = useFilters(["site"]).value;
  const q = useOverview(site || undefined);
  return (
    <>
      <h1 className="vh">{t("page.overview")}</h1>
      <Loaded of={q}>
        {(o) => (
          <Plates fill className="grid-cols-[minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_412px] lg:grid-rows-[1fr]">
            <Plates className="grid-cols-[minmax(0,1fr)] grid-rows-[auto_auto_auto_1fr] content-stretch!">
              <Now o={o} />
              <Tiles o={o} site={site} />
              <PowerToday site={site || undefined} title={t("overview.powerToday")} />
              <Matrix o={o} />
            </Plates>
            <Plates className="grid-cols-[minmax(0,1fr)] grid-rows-[auto_auto_1fr] content-stretch!">
              <Places o={o} />
              <Work o={o} site={site} />
              <Feed site={site} />
            </Plates>
          </Plates>
        )}
      </Loaded>
    </>
  );
}

function Now({ o }: { o: Data }) {
  const t = useT();
  const built = o.truncated ? 0 : o.sites.reduce((n, s) => n + s.max_power_w, 0);
  const kw = power(o.power_w);
  return (
    <section className="plate flex flex-wrap items-center gap-x-10 gap-y-2">
      <A className="fig hero" href="/sessions?state=open">
        <span className="t2">{t("overview.powerNow")}</span>
        <b>
          <Stale at={o.at}>
            <Num of={kw} />
          </Stale>
        </b>
      </A>
      {built > 0 && (
        <div className="grow min-w-[260px] max-w-[600px]">
          <Rule
            size="full"
            width={matchMedia("(width < 560px)").matches ? 330 : 600}
            value={o.power_w / 1000}
            max={built / 1000}
            label={t("overview.ofBuilt", { power: text(kw), built: text(power(built)) })}
          />
        </div>
      )}
      <p className="t3 text-sm w-full -mt-1">
        {built > 0 && `${t("overview.builtNote", { built: text(power(built)) })} `}
        <ZoneNote zone={ownZone()} />
      </p>
    </section>
  );
}

function Tiles({ o, site }: { o: Data; site: string }) {
  const t = useT();
  const { worked, failed } = o.starts_24h;
  const within = (href: string) => (site ? `${href}${href.includes("?") ? "&" : "?"}site=${site}` : href);
  const today = new Date(o.at).toISOString().slice(0, 10);
  return (
    <div className="grid gap-px bg-line grid-cols-2 sm:grid-cols-3 md:grid-cols-5 *:bg-plate *:px-4 *:py-[6px] max-sm:*:last:odd:col-span-full sm:max-md:*:last:col-span-2">
      <Figure
        label={t("overview.open")}
        value={num(o.sessions_open)}
        note={t("overview.drawing", { n: num(o.sessions_drawing) })}
        href={within("/sessions?state=open")}
      />
      <Figure
        label={t("overview.energyToday")}
        value={energy(o.energy_today_wh)}
        note={t("overview.ofSessions")}
        href={within(`/sessions?from=${today}T00:00:00Z`)}
      />
      <Figure
        label={t("overview.starts")}
        value={worked + failed > 0 ? percent((100 * worked) / (worked + failed), 1) : "–"}
        note={
          worked + failed > 0
            ? t("overview.startsNote", { n: num(worked), all: num(worked + failed) })
            : t("overview.noStarts")
        }
        href={within("/sessions?state=failed")}
      />
      {o.net_today !== null && (
        <Figure
          label={t("overview.net")}
          value={o.net_today.length > 0 ? o.net_today.map((a) => money(a)).join(", ") : "–"}
          note={t("overview.netNote")}
          href={within(`/sessions?state=closed&from=${today}T00:00:00Z`)}
        />
      )}
      <Figure
        label={t("overview.connected")}
        value={num(o.stations.connected)}
        note={t("overview.ofStations", { count: o.stations.total, n: num(o.stations.total) })}
        href={within("/stations")}
      />
    </div>
  );
}

function Places({ o }: { o: Data }) {
  const t = useT();
  const go = useGo();
  const tiles = useTiles();
  const markers = useMemo(
    () =>
      o.sites.flatMap((s): MapMarker[] =>
        s.latitude === null || s.longitude === null
          ? []
          : [
              {
                id: s.id,
                name: s.name,
                lon: s.longitude,
                lat: s.latitude,
                level: levelOf(s.worst),
                named: o.sites.length <= 12,
              },
            ],
      ),
    [o.sites],
  );
  const without = o.sites.length - markers.length;
  return (
    <section className="plate p-0!">
      {markers.length > 0 && (
        <div className="h-[222px]">
          <SiteMap
            look="disc"
            label={t("overview.mapOf", { count: markers.length, n: num(markers.length) })}
            markers={markers}
            pmtiles={tiles}
            onChoose={(id) => go(`/sites/${encodeURIComponent(id)}`)}
          />
        </div>
      )}
      <p className="flex gap-3 px-4 py-1 text-sm">
        <A className="lk" href="/map">
          {t("overview.openMap")}
        </A>
        {without > 0 && (
          <A className="t3" href="/sites">
            {t("overview.noPosition", { count: without, n: num(without) })}
          </A>
        )}
      </p>
    </section>
  );
}
