import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, useSyncExternalStore } from "react";
import { connectorWord, connectorWords } from "#shared/format/connector";
import { language, useT } from "#shared/i18n";
import { A, useFilters, useGo } from "#shared/nav";
import {
  Button,
  Chip,
  Dialog,
  Empty,
  Icon,
  IconButton,
  LiveAge,
  type MapMarker,
  NumberField,
  ProblemBox,
  Radios,
  Select,
  SiteMap,
  TextField,
} from "#shared/parts";
import { configQuery, manySites, sitesQuery } from "../data";
import { grouped, readCode } from "../logic/code";
import {
  anySet,
  type Filters,
  filtersOf,
  hidden,
  noFilters,
  passes,
  queryOf,
  searchOf,
  toggled,
} from "../logic/filters";
import { distanceText, metres, type Order, pointOf, sorted } from "../logic/place";
import { commonStandards, flag } from "../logic/plugs";
import type { SiteCard } from "../logic/types";
import { FavouriteStar } from "../parts/favourite";
import { FreeLine, FreeWords } from "../parts/free";
import { SiteFacts, whole } from "../parts/price";
import { locate, usePosition } from "../position";

/** Rows of a list at first; the rest on demand. */
const firstRows = 40;

export default function FindPage() {
  const t = useT();
  const go = useGo();
  const config = useQuery(configQuery).data;
  const address = useFilters(["q", "free", "connector", "kw", "price", "sort", "view", "site"]);
  const f = useMemo(() => filtersOf(address.value), [address.value]);
  const order: Order = (["price", "power", "name"] as const).find((o) => o === address.value.sort) ?? "near";
  const position = usePosition();
  const here = position.state === "known" ? position.at : null;
  const [box, setBox] = useState<string | null>(null);
  const [crowded, setCrowded] = useState(false);
  const sites = useQuery(sitesQuery({ ...queryOf(f), ...(crowded && box ? { bbox: box } : {}) }));
  if (sites.data?.next && !crowded) setCrowded(true);
  const [searching, setSearching] = useState(f.q !== "");
  const [more, setMore] = useState(false);
  const [open, setOpen] = useState(false);

  const found = useMemo(
    () =>
      sorted(
        (sites.data?.items ?? []).filter((s) => passes(s, f)),
        order,
        here,
      ),
    [sites.data, f, order, here],
  );
  const chosen = found.find((s) => s.id === address.value.site) ?? found[0];
  const placeless = found.length > 0 && !found.some((s) => pointOf(s));
  const list = address.value.view === "list" || (placeless && address.value.view !== "map");
  const wide = useWide();
  const set = (next: Partial<Filters>) => {
    const s = searchOf({ ...f, ...next });
    address.set({
      q: s.q ?? "",
      free: s.free ? "true" : "",
      connector: s.connector ?? "",
      kw: s.kw ? String(s.kw) : "",
      price: s.price ? String(s.price) : "",
      site: "",
    });
  };
  const choose = (id: string) => address.set({ site: id });
  const far = (s: SiteCard) => {
    const p = pointOf(s);
    return here && p ? distanceText(metres(here, p), language()) : undefined;
  };
  const markers = useMemo(
    () =>
      found.flatMap((s): MapMarker[] => {
        const p = pointOf(s);
        if (!p) return [];
        const g = flag(s, false);
        return [
          {
            id: s.id,
            name: s.name,
            lon: p.lon,
            lat: p.lat,
            level: g.triangle ? "fault" : "well",
            text: g.text,
            free: g.tone === "many" || g.tone === "few" ? g.tone : "none",
          },
        ];
      }),
    [found],
  );
  const own = useMemo(
    () =>
      position.state === "known" ? { lon: position.at.lon, lat: position.at.lat, accuracy: position.accuracy } : null,
    [position],
  );
  const focus = useMemo(() => (own ? { lon: own.lon, lat: own.lat, zoom: 11 } : null), [own]);
  const code = useMemo(() => {
    const r = f.q.trim() && /\d/.test(f.q) ? readCode(f.q, location.host) : null;
    return r && "code" in r && (/^\d{6}$/.test(r.code) || r.code.includes("*")) ? r.code : null;
  }, [f.q]);

  return (
    <div className={`find ${list ? "aslist" : ""}`}>
      <h1 className="vh">{t("page.map")}</h1>
      {!list && (
        <div className="findmap">
          <SiteMap
            label={t("find.mapLabel", { count: markers.length })}
            look="flag"
            markers={markers}
            chosen={chosen?.id}
            onChoose={choose}
            onMove={crowded ? (b) => setBox(b.map((x) => x.toFixed(4)).join(",")) : undefined}
            here={own}
            focus={focus}
            bounds={config?.map.bounds ?? null}
            pmtiles={config?.map.pmtiles_url ?? null}
          />
          <div className="agebox">
            {config?.brand.name && <b>{config.brand.name}</b>}
            <LiveAge />
          </div>
          <div className="mapbuttons">
            <Button icon="list" onClick={() => address.set({ view: "list" })}>
              {t("find.list")}
            </Button>
            <Button icon="search" aria-expanded={searching} onClick={() => setSearching(!searching)}>
              {t("find.search")}
            </Button>
            <span className="sp" />
            <IconButton
              icon="here"
              label={t("find.locate")}
              aria-busy={position.state === "asking" || undefined}
              onClick={locate}
            />
          </div>
        </div>
      )}
      <div className="findside">
        {list ? (
          <ListView
            title={config?.brand.name}
            sites={found}
            far={far}
            code={code}
            state={sites}
            empty={<Nothing f={f} clear={() => address.set({ q: "", free: "", connector: "", kw: "", price: "" })} />}
            crowded={crowded}
          />
        ) : (
          <section className="sheet" aria-label={t("find.nearest")}>
            {found.length > 1 && !wide && (
              <button type="button" className="grip" aria-expanded={open} onClick={() => setOpen(!open)}>
                <i aria-hidden="true" />
                <span className="vh">{open ? t("find.fewer") : t("find.more")}</span>
              </button>
            )}
            {position.state === "refused" && <p className="note text-sm">{t("find.refused")}</p>}
            {position.state === "failed" && <p className="note text-sm">{t("find.noPosition")}</p>}
            {sites.error && <ProblemBox error={sites.error} retry={() => void sites.refetch()} />}
            {code && <CodeRow code={code} />}
            {chosen ? (
              <>
                <Chosen site={chosen} distance={far(chosen)} />
                <ul className={open ? "rest open" : "rest"}>
                  {found
                    .filter((s) => s.id !== chosen.id)
                    .slice(0, open || wide ? firstRows : 1)
                    .map((s) => (
                      <li key={s.id}>
                        <button type="button" className="next" onClick={() => choose(s.id)}>
                          <span className="cut">
                            <b>{s.name}</b>
                            {s.max_power_w > 0 && `, ${whole(s.max_power_w)}`}
                            {far(s) && `, ${far(s)}`}
                          </span>
                          <FreeWords site={s} />
                        </button>
                      </li>
                    ))}
                </ul>
              </>
            ) : sites.isPending ? (
              <p className="t2 py-4">{t("parts.loading")}</p>
            ) : (
              !sites.error && (
                <Nothing f={f} clear={() => address.set({ q: "", free: "", connector: "", kw: "", price: "" })} />
              )
            )}
          </section>
        )}
        <div className="dock">
          {(searching || list) && (
            <form
              role="search"
              onSubmit={(e) => {
                e.preventDefault();
                if (code) go(`/e/${encodeURIComponent(code)}`);
              }}
            >
              <TextField
                label={t("find.searchLabel")}
                hideLabel
                type="search"
                enterKeyHint="search"
                placeholder={t("find.searchLabel")}
                autoComplete="off"
                value={address.value.q}
                onChange={(q) => set({ q })}
                lead={<Icon name="search" />}
              />
            </form>
          )}
          <div className="chips row">
            {list && (
              <button type="button" className="chip" onClick={() => address.set({ view: placeless ? "map" : "" })}>
                <Icon name="map" />
                {t("find.map")}
              </button>
            )}
            <Chip on={f.free} onClick={() => set({ free: !f.free })}>
              {t("find.freeNow")}
            </Chip>
            <Chip
              on={f.connectors.includes("IEC_62196_T2_COMBO")}
              onClick={() => set({ connectors: toggled(f.connectors, "IEC_62196_T2_COMBO") })}
            >
              CCS
            </Chip>
            <Chip on={f.minKw === 50} onClick={() => set({ minKw: f.minKw === 50 ? 0 : 50 })}>
              {t("find.kwUp", { kw: 50 })}
            </Chip>
            <button
              type="button"
              className="chip"
              aria-haspopup="dialog"
              aria-pressed={hidden(f) > 0}
              onClick={() => setMore(true)}
            >
              {hidden(f) > 0 ? t("find.moreOn", { count: hidden(f) }) : t("find.moreFilters")}
            </button>
          </div>
          {!list && (
            <>
              <Button go icon="qr" onClick={() => go("/start")}>
                {t("find.charge")}
              </Button>
              <p className="t2 text-center text-sm alt">{t("find.chargeHow")}</p>
            </>
          )}
        </div>
      </div>
      <More
        open={more}
        onClose={() => setMore(false)}
        f={f}
        set={set}
        order={order}
        setOrder={(sort) => address.set({ sort: sort === "near" ? "" : sort })}
        located={here !== null}
        currency={found.find((s) => s.price)?.price?.currency ?? ""}
      />
    </div>
  );
}

const broad = matchMedia("(width >= 900px)");

/** Whether map and list stand beside each other. */
function useWide(): boolean {
  return useSyncExternalStore(
    (f) => {
      broad.addEventListener("change", f);
      return () => broad.removeEventListener("change", f);
    },
    () => broad.matches,
  );
}

function Chosen({ site, distance }: { site: SiteCard; distance?: string }) {
  return (
    <div className="chosen">
      <div className="flex items-center justify-between gap-2">
        <h2 className="min-w-0 text-page">
          <A href={`/site/${encodeURIComponent(site.id)}`} className="block cut">
            {site.name}
          </A>
        </h2>
        <FavouriteStar site={site.id} />
      </div>
      <FreeLine site={site} big />
      <SiteFacts site={site} distance={distance} />
    </div>
  );
}

function CodeRow({ code }: { code: string }) {
  const t = useT();
  return (
    <A href={`/e/${encodeURIComponent(code)}`} className="next hit">
      <span>
        <b>{t("find.plug", { code: grouped(code) })}</b>
      </span>
      <Icon name="right" />
    </A>
  );
}

function ListView({
  title,
  sites,
  far,
  code,
  state,
  empty,
  crowded,
}: {
  title?: string;
  sites: readonly SiteCard[];
  far: (s: SiteCard) => string | undefined;
  code: string | null;
  state: { isPending: boolean; error: Error | null; refetch: () => unknown };
  empty: React.ReactNode;
  crowded: boolean;
}) {
  const t = useT();
  const [rows, setRows] = useState(firstRows);
  return (
    <div className="dbody">
      <div className="listhead">
        <b className="cut">{title}</b>
        <LiveAge />
      </div>
      {code && <CodeRow code={code} />}
      {state.error && <ProblemBox error={state.error} retry={() => void state.refetch()} />}
      {crowded && <p className="t2 px-4 py-2 text-sm">{t("find.crowded", { count: manySites })}</p>}
      <ul className="places">
        {sites.slice(0, rows).map((s) => (
          <li key={s.id}>
            <A href={`/site/${encodeURIComponent(s.id)}`}>
              <h2 className="text-base">{s.name}</h2>
              <span className="t2 text-sm">{[s.city, far(s)].filter(Boolean).join(", ")}</span>
              <FreeLine site={s} />
              <span className="text-sm">
                <SiteLine site={s} />
              </span>
            </A>
          </li>
        ))}
      </ul>
      {sites.length > rows && (
        <div className="p-4">
          <Button onClick={() => setRows(rows + 100)}>{t("find.showMore", { count: sites.length - rows })}</Button>
        </div>
      )}
      {sites.length === 0 && !state.error && (state.isPending ? <p className="empty">{t("parts.loading")}</p> : empty)}
    </div>
  );
}

function SiteLine({ site }: { site: SiteCard }) {
  const t = useT();
  const parts = [
    site.max_power_w > 0 ? `${whole(site.max_power_w)} ${connectorWords(site.connectors).join(", ")}`.trim() : "",
    site.price?.sentence ?? t("price.none"),
  ];
  return <>{parts.filter(Boolean).join(". ")}</>;
}

function Nothing({ f, clear }: { f: Filters; clear: () => void }) {
  const t = useT();
  return (
    <Empty why={f.free ? t("find.nothingFree") : anySet(f) ? t("find.nothing") : t("find.noSites")}>
      {anySet(f) && <Button onClick={clear}>{t("find.clear")}</Button>}
    </Empty>
  );
}

function More({
  open,
  onClose,
  f,
  set,
  order,
  setOrder,
  located,
  currency,
}: {
  open: boolean;
  onClose: () => void;
  f: Filters;
  set: (n: Partial<Filters>) => void;
  order: Order;
  setOrder: (o: Order) => void;
  located: boolean;
  currency: string;
}) {
  const t = useT();
  return (
    <Dialog
      title={t("find.filters")}
      open={open}
      onClose={onClose}
      footer={
        <>
          <Button onClick={() => set(noFilters)}>{t("find.clear")}</Button>
          <Button kind="primary" onClick={onClose}>
            {t("find.show")}
          </Button>
        </>
      }
    >
      <fieldset className="field">
        <legend className="label mb-1">{t("find.connector")}</legend>
        <div className="chips">
          {commonStandards.map((s) => (
            <Chip key={s} on={f.connectors.includes(s)} onClick={() => set({ connectors: toggled(f.connectors, s) })}>
              {connectorWord(s)}
            </Chip>
          ))}
        </div>
      </fieldset>
      <Radios
        label={t("find.power")}
        value={String(f.minKw)}
        onChange={(v) => set({ minKw: Number(v) })}
        options={[
          { value: "0", label: t("parts.any") },
          ...[11, 22, 50, 150].map((kw) => ({ value: String(kw), label: t("find.kwUp", { kw }) })),
        ]}
      />
      <NumberField
        label={t("find.price")}
        help={t("find.priceHelp")}
        unit={currency && `${currency} ${t("price.perKwh")}`}
        value={f.maxPrice || null}
        onChange={(v) => set({ maxPrice: v !== null && v > 0 ? v : 0 })}
      />
      <Select
        label={t("find.order")}
        value={order}
        onChange={(v) => setOrder(v as Order)}
        help={order === "near" && !located ? t("find.nearHelp") : undefined}
        options={[
          { value: "near", label: t("find.byNear") },
          { value: "price", label: t("find.byPrice") },
          { value: "power", label: t("find.byPower") },
          { value: "name", label: t("find.byName") },
        ]}
      />
    </Dialog>
  );
}
