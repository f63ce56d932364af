import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { get } from "#shared/api/client";
import { kw, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A, useFilters } from "#shared/nav";
import {
  Chip,
  Empty,
  Loaded,
  type MapMarker,
  SelectChip,
  SiteMap,
  StateMark,
  stateOf,
  states,
  TextField,
} from "#shared/parts";
import { useOverview } from "../overview-data";
import { cluster, extent, type Spot } from "./map/cluster";
import { Panel } from "./map/panel";
import { connectorName } from "./map/plugs";
import { useTiles } from "./map/tiles";
import { levelOf } from "./overview/level";

interface Marks {
  id: string;
  name: string;
  worst: string;
  total: number;
  available: number;
  charging: number;
  faulted: number;
  offline: number;
  power_w: number;
  max_power_w: number;
  connectors: string[];
}
type Place = Spot & Marks;

interface Collection {
  features: { geometry: { coordinates: [number, number] }; properties: Marks }[];
}

const powers = [11, 22, 50, 150, 300];

/** Where the sites are and how they do; the list shows the same. */
export default function MapPage() {
  const t = useT();
  const f = useFilters(["q", "status", "kw", "connector", "at", "site"]);
  const q = useQuery(
    live(
      ["station", "session", "site"],
      {
        queryKey: ["/sites", "map"],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Collection>("/sites/map", {}, signal),
      },
      3_000,
    ),
  );
  const total = useOverview().data?.sites_total;
  const tiles = useTiles();
  const all = useMemo<Place[]>(
    () =>
      (q.data?.features ?? []).map(({ geometry: { coordinates }, properties: p }) => ({
        ...p,
        lon: coordinates[0],
        lat: coordinates[1],
        level: levelOf(p.worst),
      })),
    [q.data],
  );
  const { value } = f;
  const found = useMemo(() => narrow(all, value), [all, value]);
  const counts = useMemo(() => {
    const n = new Map<string, number>();
    for (const p of narrow(all, { ...value, status: "" })) n.set(stateOf(p.worst), (n.get(stateOf(p.worst)) ?? 0) + 1);
    return states.filter((s) => n.has(s)).map((s) => [s, n.get(s) ?? 0] as const);
  }, [all, value]);
  const connectors = useMemo(() => [...new Set(all.flatMap((p) => p.connectors))].sort(), [all]);
  const at = all.find((p) => p.id === value.at);
  const open = !!at;
  return (
    <div className={`listpage${open ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.map")}</h1>
          <TextField
            hideLabel
            label={t("map.search")}
            placeholder={t("map.search")}
            value={value.q}
            onChange={(v) => f.set({ q: v })}
          />
          <div className="chips">
            {counts.map(([s, n]) => (
              <Chip key={s} on={f.list("status").includes(s)} count={n} onClick={() => f.toggle("status", s)}>
                <StateMark state={s} size={13} />
              </Chip>
            ))}
            <SelectChip
              label={t("map.power")}
              value={value.kw}
              onChange={(v) => f.set({ kw: v })}
              options={powers.map((p) => ({ value: String(p), label: t("map.upKw", { n: num(p) }) }))}
            />
            {connectors.length > 0 && (
              <SelectChip
                label={t("map.connector")}
                value={value.connector}
                onChange={(v) => f.set({ connector: v })}
                options={connectors.map((c) => ({ value: c, label: connectorName(c) }))}
              />
            )}
          </div>
        </div>
        <Loaded of={q}>
          {() =>
            all.length === 0 ? (
              <Empty why={t("map.none")}>
                <A className="lk" href="/sites">
                  {t("map.setPositions")}
                </A>
              </Empty>
            ) : (
              <div className="grow min-h-0 grid gap-px bg-line grid-cols-[minmax(0,1fr)] grid-rows-[minmax(200px,42dvh)_minmax(0,1fr)] md:grid-rows-[minmax(0,1fr)] md:grid-cols-[minmax(0,1fr)_300px]">
                <Drawn places={found} all={all} chosen={value.at} onChoose={(id) => f.set({ at: id })} tiles={tiles} />
                <Names
                  places={found}
                  chosen={value.at}
                  total={total}
                  known={all.length}
                  onChoose={(id) => f.set({ at: id })}
                  clear={() => f.set({ q: "", status: "", kw: "", connector: "" })}
                />
              </div>
            )
          }
        </Loaded>
      </div>
      {at && <Panel key={at.id} id={at.id} name={at.name} onClose={() => f.set({ at: "" })} />}
    </div>
  );
}

type Value = Record<"q" | "status" | "kw" | "connector" | "at" | "site", string>;

function narrow(all: readonly Place[], v: Value): Place[] {
  const q = v.q.trim().toLowerCase();
  const status = v.status ? v.status.split(",") : [];
  const watts = Number(v.kw) * 1000 || 0;
  return all.filter(
    (p) =>
      (!v.site || p.id === v.site) &&
      (!q || p.name.toLowerCase().includes(q) || p.id.toLowerCase().includes(q)) &&
      (status.length === 0 || status.includes(stateOf(p.worst))) &&
      p.max_power_w >= watts &&
      (!v.connector || p.connectors.includes(v.connector)),
  );
}

/** Marks up to which names stand beside them. */
const mostNames = 20;

function Drawn({
  places,
  all,
  chosen,
  onChoose,
  tiles,
}: {
  places: Place[];
  all: Place[];
  chosen: string;
  onChoose: (id: string) => void;
  tiles: string | null;
}) {
  const t = useT();
  const [view, setView] = useState<{ box: [number, number, number, number]; zoom: number } | null>(null);
  const [focus, setFocus] = useState<{ lon: number; lat: number; zoom?: number } | null>(null);
  const moved = useCallback((box: [number, number, number, number], zoom: number) => setView({ box, zoom }), []);
  const marks = useMemo(() => cluster(places, view?.zoom ?? 6, view?.box ?? null), [places, view]);
  const markers = useMemo(
    () =>
      marks.map(
        (c): MapMarker =>
          c.count === 1
            ? { id: c.id, name: c.name, lon: c.lon, lat: c.lat, level: c.level, named: marks.length <= mostNames }
            : {
                id: c.id,
                name: t("map.cluster", { n: num(c.count) }),
                lon: c.lon,
                lat: c.lat,
                level: c.level,
                count: c.count,
              },
      ),
    [marks, t],
  );
  const bounds = useMemo(() => extent(all), [all]);
  const there = all.find((p) => p.id === chosen);
  const [lon, lat] = [there?.lon, there?.lat];
  useEffect(() => {
    if (lon !== undefined && lat !== undefined) setFocus({ lon, lat });
  }, [lon, lat]);
  const choose = (id: string) => {
    const c = marks.find((m) => m.id === id);
    if (c && c.count > 1) setFocus({ lon: c.lon, lat: c.lat, zoom: (view?.zoom ?? 6) + 2 });
    else onChoose(id);
  };
  return (
    <SiteMap
      look="disc"
      label={t("map.label", { n: num(places.length) })}
      markers={markers}
      chosen={chosen}
      onChoose={choose}
      onMove={moved}
      focus={focus}
      bounds={bounds}
      pmtiles={tiles}
    />
  );
}

/** Rows at first; the rest on demand. */
const firstRows = 200;

function Names({
  places,
  chosen,
  total,
  known,
  onChoose,
  clear,
}: {
  places: Place[];
  chosen: string;
  total?: number;
  known: number;
  onChoose: (id: string) => void;
  clear: () => void;
}) {
  const t = useT();
  const [most, setMost] = useState(firstRows);
  const list = useMemo(() => {
    const order = (p: Place) => (p.level === "fault" ? 0 : p.level === "warn" ? 1 : 2);
    return [...places].sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
  }, [places]);
  const missing = (total ?? known) - known;
  return (
    <div className="bg-plate overflow-auto min-h-0">
      <p className="px-4 py-2 text-sm t2">
        {t("map.shown", { n: num(places.length), all: num(known) })}
        {missing > 0 && (
          <>
            {" "}
            <A className="lk" href="/sites">
              {t("overview.noPosition", { count: missing, n: num(missing) })}
            </A>
          </>
        )}
      </p>
      {list.length === 0 ? (
        <Empty why={t("map.nothing")}>
          <button type="button" className="lk" onClick={clear}>
            {t("map.clear")}
          </button>
        </Empty>
      ) : (
        <ul aria-label={t("page.sites")}>
          {list.slice(0, most).map((p) => (
            <li key={p.id} className="border-t border-line">
              <button
                type="button"
                aria-pressed={p.id === chosen}
                onClick={() => onChoose(p.id)}
                className={`w-full text-left px-4 py-[6px] grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 cursor-pointer -outline-offset-2 hover:bg-well ${p.id === chosen ? "bg-plan-soft" : ""}`}
              >
                <span className="cut font-semi">{p.name}</span>
                <span>
                  {kw(p.power_w)} <small className="t2">kW</small>
                </span>
                <span className="text-sm">
                  <StateMark state={p.worst} size={13} />
                </span>
                <span className="t3 text-sm text-right">
                  {t("map.free", { n: num(p.available), all: num(p.total) })}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {list.length > most && (
        <p className="p-4">
          <button type="button" className="lk" onClick={() => setMost(most + firstRows)}>
            {t("map.more", { n: num(list.length - most) })}
          </button>
        </p>
      )}
    </div>
  );
}
