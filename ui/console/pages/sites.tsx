import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { get, type Page, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { kw, num, power, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters, useGo } from "#shared/nav";
import {
  Button,
  ButtonLink,
  type Column,
  Dialog,
  Empty,
  Rule,
  Shown,
  StateMark,
  states,
  Table,
  TextField,
  usePages,
} from "#shared/parts";
import { useOverview } from "../overview-data";
import { Export } from "./export";
import { extent } from "./map/cluster";
import { bodyOf, SiteForm } from "./sites/form";
import { newId, oneLine, type Site, tariffAt } from "./sites/types";
import type { Assignment } from "./tariffs/logic";

/** Every place where stations stand. */
export default function Sites() {
  const t = useT();
  const me = useMe();
  const go = useGo();
  const cache = useQueryClient();
  const f = useFilters(["q", "site"]);
  const { q } = f.value;
  const query = useMemo(() => ({ q, limit: 100 }), [q]);
  const rows = usePages<Site>("/sites", query, ["station", "session", "site"], 4_000);
  const assigned = useQuery({
    queryKey: ["/tariff-assignments"],
    queryFn: ({ signal }) => get<Page<Assignment>>("/tariff-assignments", {}, signal),
    staleTime: 60_000,
  }).data?.items;
  const overview = useOverview().data;
  const near = useMemo(
    () =>
      extent(
        (overview?.sites ?? []).flatMap((s) =>
          s.latitude === null || s.longitude === null ? [] : [{ lon: s.longitude, lat: s.latitude }],
        ),
      ),
    [overview?.sites],
  );
  const [adding, setAdding] = useState(false);
  const columns = useMemo<Column<Site>[]>(
    () => [
      {
        id: "name",
        head: t("sites.name"),
        cell: (s) => <A href={`/sites/${seg(s.id)}`}>{s.name}</A>,
        width: "minmax(160px, 1.3fr)",
      },
      { id: "states", head: t("sites.states"), cell: (s) => <Counts site={s} />, width: "minmax(130px, 1fr)" },
      { id: "kw", head: t("overview.kwNow"), cell: (s) => kw(s.live?.power_w ?? null), number: true, width: "74px" },
      {
        id: "rule",
        head: t("overview.share"),
        cell: (s) =>
          s.live && s.live.max_power_w > 0 ? (
            <Rule
              value={s.live.power_w}
              max={s.live.max_power_w}
              label={t("overview.ofBuilt", {
                power: text(power(s.live.power_w)),
                built: text(power(s.live.max_power_w)),
              })}
            />
          ) : null,
        width: "128px",
      },
      {
        id: "tariff",
        head: t("sites.tariff"),
        cell: (s) => {
          const x = tariffAt(assigned ?? [], s.id);
          if (!x) return assigned ? <span className="tw">{t("sites.noTariff")}</span> : "–";
          return (
            <A href={`/tariffs/${seg(x.id)}`} className={x.own ? "" : "t3"}>
              {x.id}
            </A>
          );
        },
        width: "minmax(110px, .8fr)",
      },
      { id: "stations", head: t("page.stations"), cell: (s) => num(s.stations), number: true, width: "74px" },
      {
        id: "where",
        head: t("sites.address"),
        cell: (s) => oneLine(s),
        width: "minmax(140px, 1.4fr)",
      },
    ],
    [t, assigned],
  );
  const shown = useMemo(
    () => (f.value.site ? { ...rows, rows: rows.rows.filter((s) => s.id === f.value.site) } : rows),
    [rows, f.value.site],
  );
  return (
    <div className="listpage">
      <div className="list">
        <div className="filters">
          <h1>{t("page.sites")}</h1>
          <TextField
            hideLabel
            label={t("map.search")}
            placeholder={t("map.search")}
            value={q}
            onChange={(v) => f.set({ q: v })}
          />
          <span className="sp" />
          <ButtonLink href="/map">{t("page.map")}</ButtonLink>
          <Export list="exports/sites" query={{ q }} />
          {me.may("stations") && (
            <Button kind="primary" onClick={() => setAdding(true)}>
              {t("sites.add")}
            </Button>
          )}
        </div>
        <Table
          label={t("page.sites")}
          columns={columns}
          rows={shown}
          rowKey={(s) => s.id}
          onOpen={(s) => go(`/sites/${seg(s.id)}`)}
          tone={(s) => (s.live?.worst === "faulted" ? "f" : s.live?.worst === "offline" ? "w" : undefined)}
          empty={
            <Empty why={q ? t("sites.nothing", { q }) : t("sites.none")}>
              {q && <Button onClick={() => f.set({ q: "" })}>{t("map.clear")}</Button>}
            </Empty>
          }
        />
        <div className="foot">
          <Shown rows={q || f.value.site ? shown : { ...shown, total: overview?.sites_total }} />
        </div>
      </div>
      {adding && (
        <Dialog title={t("sites.add")} open onClose={() => setAdding(false)}>
          <SiteForm
            near={near}
            deed={t("sites.add")}
            save={async (v) => {
              const s = await put<Site>(`/sites/${seg(newId(v.name))}`, bodyOf(v));
              await Promise.all(["/sites", "/overview"].map((k) => cache.invalidateQueries({ queryKey: [k] })));
              go(`/sites/${seg(s.id)}`);
            }}
          />
        </Dialog>
      )}
    </div>
  );
}

/** How many EVSEs are in which state, the worst first. */
export function Counts({ site }: { site: Site }) {
  const t = useT();
  if (!site.live) {
    return <span className="t3">{site.stations > 0 ? t("sites.notReported") : t("sites.empty")}</span>;
  }
  const by = site.live.by_state;
  return (
    <span className="inline-flex gap-2 items-center">
      {states
        .filter((s) => (by[s] ?? 0) > 0)
        .map((s) => (
          <span key={s} className="inline-flex gap-[3px] items-center">
            <StateMark state={s} size={13} pip />
            {num(by[s])}
          </span>
        ))}
    </span>
  );
}
