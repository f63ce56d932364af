import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { del, get, type Page, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { energy, kw, num, power, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A, useGo, useParams } from "#shared/nav";
import {
  Ago,
  Button,
  ButtonLink,
  ConfirmByConsequence,
  Dialog,
  Empty,
  Figure,
  Loaded,
  Num,
  Pair,
  Pairs,
  Plate,
  Plates,
  Rule,
  SiteMap,
  Stale,
  StateMark,
  stateOf,
  states,
  ZoneNote,
} from "#shared/parts";
import { useOverview } from "../overview-data";
import { useTiles } from "./map/tiles";
import { levelOf } from "./overview/level";
import { PowerToday } from "./overview/power-today";
import { Counts } from "./sites";
import { bodyOf, SiteForm } from "./sites/form";
import { TariffHere } from "./sites/tariff";
import { oneLine, type Site as Row } from "./sites/types";

interface Station {
  id: string;
  name: string;
  overall_status: string;
  status_at: string | null;
  error: { evse_id: number; code: string; info: string } | null;
  evse_states: string[];
  evses: { evse_id: number }[];
}

/** A site: how it does, what stands there, what it costs, where it is. */
export default function Site() {
  const t = useT();
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const q = useQuery(
    live(
      ["station", "session", "site"],
      {
        queryKey: ["/sites", id],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Row>(`/sites/${seg(id)}`, {}, signal),
      },
      2_000,
    ),
  );
  const stations = useQuery(
    live(
      ["station"],
      {
        queryKey: ["/stations", "at", id],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          get<Page<Station>>("/stations", { site: id, sort: "status", limit: 100 }, signal),
      },
      2_000,
    ),
  );
  const ids = useMemo(() => (stations.data?.items ?? []).map((s) => s.id), [stations.data]);
  return (
    <Loaded of={q}>
      {(s) => (
        <Plates fill className="grid-cols-[minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_412px] lg:grid-rows-[auto_1fr]">
          <Head s={s} />
          <Plates className="grid-cols-[minmax(0,1fr)] grid-rows-[auto_auto_auto_1fr] content-stretch!">
            <Now s={s} />
            <PowerToday site={id} title={t("sites.powerToday")} zone={s.time_zone} />
            <Stations s={s} of={stations} />
          </Plates>
          <Plates className="grid-cols-[minmax(0,1fr)] grid-rows-[auto_auto_1fr] content-stretch!">
            <Where s={s} />
            <TariffHere site={id} stations={ids} />
            <Plate title={t("sites.drivers")}>
              <p className="t2 mb-2">{t("sites.driversHelp")}</p>
              <a className="btn" href={`/app/site/${seg(id)}`} target="_blank" rel="noreferrer">
                {t("sites.preview")}
              </a>
            </Plate>
          </Plates>
        </Plates>
      )}
    </Loaded>
  );
}

function Head({ s }: { s: Row }) {
  const t = useT();
  const me = useMe();
  const go = useGo();
  const cache = useQueryClient();
  const [open, setOpen] = useState<"" | "edit" | "delete">("");
  const close = () => setOpen("");
  return (
    <section className="plate col-span-full flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="grow min-w-[200px]">
        <h1>{s.name}</h1>
        <p className="t2">{oneLine(s)}</p>
      </div>
      {s.live && <StateMark state={s.live.worst} />}
      {s.stations > 0 && <ButtonLink href={`/labels?site=${seg(s.id)}`}>{t("sites.labels.title")}</ButtonLink>}
      {me.may("stations") && (
        <span className="flex gap-2">
          <Button onClick={() => setOpen("edit")}>{t("sites.edit")}</Button>
          <Button kind="danger" onClick={() => setOpen("delete")}>
            {t("sites.delete")}
          </Button>
        </span>
      )}
      {open === "edit" && (
        <Dialog title={t("sites.edit")} open onClose={close}>
          <SiteForm
            site={s}
            deed={t("sites.save")}
            save={async (v) => {
              await put<Row>(`/sites/${seg(s.id)}`, bodyOf(v));
              await Promise.all(["/sites", "/overview"].map((k) => cache.invalidateQueries({ queryKey: [k] })));
              close();
            }}
          />
        </Dialog>
      )}
      {open === "delete" && s.stations > 0 && (
        <Dialog
          title={t("sites.deleteTitle", { name: s.name })}
          open
          onClose={close}
          footer={<Button onClick={close}>{t("parts.close")}</Button>}
        >
          <p>{t("sites.deleteNot", { count: s.stations, n: num(s.stations) })}</p>
          <p>
            <A className="lk" href={`/stations?site=${seg(s.id)}`}>
              {t("sites.showStations")}
            </A>
          </p>
        </Dialog>
      )}
      {open === "delete" && s.stations === 0 && (
        <ConfirmByConsequence
          title={t("sites.deleteTitle", { name: s.name })}
          open
          onClose={close}
          consequence={t("sites.deleteWhat")}
          deed={t("sites.delete")}
          act={async () => {
            await del(`/sites/${seg(s.id)}`);
            go("/sites", true);
            await Promise.all(["/sites", "/overview"].map((k) => cache.invalidateQueries({ queryKey: [k] })));
          }}
        />
      )}
    </section>
  );
}

function Now({ s }: { s: Row }) {
  const t = useT();
  const o = useOverview(s.id).data;
  const w = s.live?.power_w ?? 0;
  const built = s.live?.max_power_w ?? 0;
  const at = (extra: string) => `/sessions?site=${seg(s.id)}${extra}`;
  return (
    <>
      <section className="plate flex flex-wrap items-center gap-x-10 gap-y-2">
        <div className="fig hero">
          <span className="t2">{t("overview.powerNow")}</span>
          <b>
            <Stale at={o?.at}>
              <Num of={s.live ? power(w) : "–"} />
            </Stale>
          </b>
        </div>
        {built > 0 && (
          <div className="grow min-w-[260px] max-w-[600px]">
            <Rule
              size="full"
              width={matchMedia("(width < 560px)").matches ? 330 : 600}
              value={w / 1000}
              max={built / 1000}
              label={t("overview.ofBuilt", { power: text(power(w)), built: text(power(built)) })}
            />
          </div>
        )}
        <p className="t3 text-sm w-full -mt-1">
          <ZoneNote zone={s.time_zone} />
        </p>
      </section>
      <div className="grid gap-px bg-line grid-cols-2 sm:grid-cols-3 max-sm:*:last:col-span-full *:bg-plate *:px-4 *:py-[6px]">
        <Figure
          label={t("overview.open")}
          value={num(s.live?.sessions_open ?? 0)}
          note={o && t("overview.drawing", { n: num(o.sessions_drawing) })}
          href={at("&state=open")}
        />
        <Figure
          label={t("overview.energyToday")}
          value={energy(o?.energy_today_wh ?? null)}
          note={t("overview.ofSessions")}
          href={at("")}
        />
        <Figure
          label={t("overview.starts")}
          value={o ? num(o.starts_24h.worked) : "–"}
          note={o && t("sites.failed", { n: num(o.starts_24h.failed) })}
          href={at("&state=failed")}
        />
      </div>
    </>
  );
}

function Stations({ s, of }: { s: Row; of: Parameters<typeof Loaded<Page<Station>>>[0]["of"] }) {
  const t = useT();
  const o = useOverview(s.id).data;
  const watts = useMemo(() => {
    const m = new Map<string, number>();
    for (const e of o?.sites[0]?.evses ?? []) m.set(e.station_id, (m.get(e.station_id) ?? 0) + (e.power_w ?? 0));
    return m;
  }, [o]);
  return (
    <Plate
      title={t("sites.here")}
      note={<Counts site={s} />}
      actions={
        <A className="lk text-sm" href={`/stations?site=${seg(s.id)}`}>
          {t("sites.showStations")}
        </A>
      }
    >
      <Loaded of={of}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("sites.noStations")}>
              <A className="lk" href="/onboarding">
                {t("overview.addStation")}
              </A>
            </Empty>
          ) : (
            <table className="plain">
              <thead>
                <tr>
                  <th>{t("page.station")}</th>
                  <th>{t("map.state")}</th>
                  <th className="hidden sm:table-cell">EVSE</th>
                  <th className="n">{t("overview.kwNow")}</th>
                  <th className="hidden md:table-cell pl-4!">{t("sites.since")}</th>
                </tr>
              </thead>
              <tbody>
                {d.items.map((x) => (
                  <tr key={x.id}>
                    <td className="max-w-[140px] sm:max-w-[220px] cut">
                      <A href={`/stations/${seg(x.id)}`}>{x.id}</A>
                      {x.name && x.name !== x.id && <span className="t3"> {x.name}</span>}
                    </td>
                    <td className="max-w-[150px] cut">
                      <StateMark state={stateOfStation(x)} size={14} />
                      {x.error?.code && <q className="mono t3 text-xs ml-2">{x.error.code}</q>}
                    </td>
                    <td className="hidden sm:table-cell">
                      <span className="inline-flex gap-[3px] align-middle">
                        {x.evse_states.map((state, i) => (
                          <A
                            key={x.evses[i]?.evse_id ?? i}
                            href={`/stations/${seg(x.id)}?evse=${x.evses[i]?.evse_id ?? i + 1}`}
                            className="inline-flex p-[3px] -m-[2px]"
                            aria-label={`EVSE ${x.evses[i]?.evse_id ?? i + 1}: ${t(`state.${stateOf(state)}`)}`}
                          >
                            <StateMark state={state} size={13} pip />
                          </A>
                        ))}
                      </span>
                    </td>
                    <td className="n">{watts.has(x.id) ? kw(watts.get(x.id)) : "–"}</td>
                    <td className="hidden md:table-cell pl-4! t3 text-sm">
                      {x.status_at ? <Ago at={x.status_at} zone={s.time_zone} /> : "–"}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Plate>
  );
}

/** The worst of its EVSEs; as a whole when it is offline or says nothing of them. */
function stateOfStation(x: Station): string {
  const whole = stateOf(x.overall_status);
  if (x.evse_states.length === 0 || whole === "offline" || whole === "faulted" || whole === "unavailable") return whole;
  const seen = new Set(x.evse_states.map(stateOf));
  return states.find((s) => seen.has(s)) ?? whole;
}

function Where({ s }: { s: Row }) {
  const t = useT();
  const tiles = useTiles();
  const markers = useMemo(
    () =>
      s.latitude !== null && s.longitude !== null
        ? [{ id: s.id, name: s.name, lon: s.longitude, lat: s.latitude, level: levelOf(s.live?.worst ?? "available") }]
        : [],
    [s.id, s.name, s.latitude, s.longitude, s.live?.worst],
  );
  return (
    <section className="plate p-0!">
      {markers.length > 0 ? (
        <div className="h-[200px]">
          <SiteMap look="disc" label={t("sites.mapOf", { name: s.name })} markers={markers} pmtiles={tiles} />
        </div>
      ) : (
        <Empty why={t("sites.positionMissing")} />
      )}
      <div className="px-4 py-2">
        <h2 className="mb-1">{t("sites.where")}</h2>
        <Pairs>
          <Pair name={t("sites.address")}>{oneLine(s)}</Pair>
          <Pair name={t("sites.zone")}>{s.time_zone}</Pair>
          <Pair name={t("sites.position")}>
            {s.latitude !== null && s.longitude !== null ? (
              <A className="lk" href={`/map?at=${seg(s.id)}`}>
                {num(s.latitude, 5)}, {num(s.longitude, 5)}
              </A>
            ) : (
              "–"
            )}
          </Pair>
          <Pair name={t("sites.entity")}>
            <span className="mono">{s.entity_id}</span>
          </Pair>
          <Pair name={t("page.site")}>
            <span className="mono">{s.id}</span>
          </Pair>
        </Pairs>
      </div>
    </section>
  );
}
