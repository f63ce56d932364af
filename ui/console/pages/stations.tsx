import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { del, get, type Page, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { num } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A, useFilters, useGo } from "#shared/nav";
import {
  Ago,
  Button,
  ButtonLink,
  Check,
  Chip,
  type Column,
  Dialog,
  Empty,
  Menu,
  type MenuItem,
  ProblemBox,
  SelectChip,
  Shown,
  StateMark,
  Table,
  TextField,
  usePages,
} from "#shared/parts";
import { useDeed } from "./admin/form";
import { Export } from "./export";
import { CommandDialog, type Target } from "./station/command";
import { faultWords } from "./station/faults";
import { bulkKinds } from "./station/kinds";
import { StationPanel } from "./station/panel";
import { kindWord } from "./station/trail";
import { type Station, shownState } from "./station/types";

interface Facet {
  value: string;
  label: string;
  count: number;
}
type Facets = Record<"status" | "site" | "protocol" | "vendor" | "onboarding", Facet[]>;

const filterKeys = ["q", "status", "site", "protocol", "vendor", "onboarding"] as const;

/** Every station: filtered by the server, opened at the side, told things together. */
export default function Stations() {
  const t = useT();
  const me = useMe();
  const go = useGo();
  const f = useFilters([...filterKeys, "sort", "station"]);
  const { q, status, site, protocol, vendor, onboarding, sort, station } = f.value;
  const filter = useMemo(
    () => ({ q, status, site, protocol, vendor, onboarding }),
    [q, status, site, protocol, vendor, onboarding],
  );
  const rows = usePages<Station>(
    "/stations",
    useMemo(() => ({ ...filter, sort, limit: 100 }), [filter, sort]),
    ["station", "session"],
  );
  const facets = useQuery(
    live(
      ["station"],
      {
        queryKey: ["/stations", "facets", filter],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Facets>("/stations/facets", filter, signal),
        placeholderData: (old: Facets | undefined) => old,
      },
      5_000,
    ),
  );
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [everything, setEverything] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another choice
  useEffect(() => setEverything(false), [filter, chosen]);
  const columns = useColumns();
  const any = filterKeys.some((k) => f.value[k] !== "");
  const clear = () => f.set(Object.fromEntries(filterKeys.map((k) => [k, ""])));
  const open = (s: Station) => (s.id === station ? go(`/stations/${seg(s.id)}`) : f.set({ station: s.id }));
  return (
    <div className={`listpage${station ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.stations")}</h1>
          <Search q={q} onChange={(v) => f.set({ q: v })} />
          <div className="chips">
            <StatusChips
              all={facets.data?.status ?? []}
              chosen={f.list("status")}
              onToggle={(s) => f.toggle("status", s)}
            />
            {(["site", "protocol", "vendor", "onboarding"] as const).map((k) => (
              <SelectChip
                key={k}
                label={t(`stations.filter.${k}`)}
                value={f.value[k]}
                onChange={(v) => f.set({ [k]: v })}
                options={(facets.data?.[k] ?? [])
                  .filter((x) => x.value !== "")
                  .map((x) => ({
                    value: x.value,
                    label: k === "onboarding" ? t(`stations.onboarding.${x.value}`) : x.label || x.value,
                    count: x.count,
                  }))}
              />
            ))}
          </div>
          <span className="sp" />
          <Views query={location.search} />
          <Export list="exports/stations" query={filter} />
          {me.may("stations") && (
            <ButtonLink kind="primary" href="/onboarding?add=new">
              {t("stations.add")}
            </ButtonLink>
          )}
        </div>
        {me.may("stations") && (
          <Bulk
            chosen={chosen}
            everything={everything}
            total={rows.total}
            filter={filter}
            any={any}
            onAll={() => setEverything(true)}
            onNone={() => {
              setEverything(false);
              setChosen(new Set());
            }}
          />
        )}
        <Table
          label={t("page.stations")}
          columns={columns}
          rows={rows}
          rowKey={(s) => s.id}
          current={station}
          onOpen={open}
          sort={sort || "id"}
          onSort={(s) => f.set({ sort: s === "id" ? "" : s })}
          selected={me.may("stations") ? chosen : undefined}
          onSelect={me.may("stations") ? setChosen : undefined}
          tone={(s) => (shownState(s) === "faulted" ? "f" : undefined)}
          empty={
            any ? (
              <Empty why={t("stations.nothing")}>
                <Button onClick={clear}>{t("stations.clear")}</Button>
              </Empty>
            ) : (
              <Empty why={t("stations.none")}>
                {me.may("stations") && <ButtonLink href="/onboarding?add=new">{t("stations.add")}</ButtonLink>}
              </Empty>
            )
          }
        />
        <div className="foot">
          <Shown rows={rows} />
          {any && (
            <button type="button" className="lk" onClick={clear}>
              {t("stations.clear")}
            </button>
          )}
        </div>
      </div>
      {station && <StationPanel key={station} id={station} onClose={() => f.set({ station: "" })} />}
    </div>
  );
}

/** Writes the address a moment after typing, so that the list does not jump at each letter. */
function Search({ q, onChange }: { q: string; onChange: (q: string) => void }) {
  const t = useT();
  const [typed, setTyped] = useState(q);
  useEffect(() => setTyped(q), [q]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing waits
  useEffect(() => {
    if (typed === q) return;
    const id = setTimeout(() => onChange(typed), 250);
    return () => clearTimeout(id);
  }, [typed]);
  return (
    <TextField
      hideLabel
      type="search"
      label={t("stations.search")}
      placeholder={t("stations.search")}
      value={typed}
      onChange={setTyped}
    />
  );
}

/** What 2.x and 1.6 call the status of a whole station. */
const statusWords = (s: string, t: ReturnType<typeof useT>) =>
  s === "occupied" ? t("stations.occupied") : t(`state.${s === "updating" || s === "" ? "unknown" : s}`);

function StatusChips({ all, chosen, onToggle }: { all: Facet[]; chosen: string[]; onToggle: (s: string) => void }) {
  const t = useT();
  const gone = chosen.filter((c) => !all.some((x) => x.value === c)).map((value) => ({ value, count: 0 }));
  return [...all, ...gone]
    .filter((x) => x.value !== "")
    .map((x) => (
      <Chip key={x.value} on={chosen.includes(x.value)} onClick={() => onToggle(x.value)} count={x.count}>
        {statusWords(x.value, t)}
      </Chip>
    ));
}

function useColumns(): Column<Station>[] {
  const t = useT();
  return useMemo<Column<Station>[]>(
    () => [
      {
        id: "id",
        head: t("stations.id"),
        sort: "id",
        width: "minmax(110px, 0.9fr)",
        cell: (s) => (
          <A href={`/stations/${seg(s.id)}`} className="mono font-semi">
            {s.id}
          </A>
        ),
      },
      {
        id: "name",
        head: t("stations.name"),
        sort: "name",
        width: "minmax(110px, 1fr)",
        cell: (s) => (s.name === s.id ? <span className="t3">–</span> : s.name),
      },
      {
        id: "state",
        head: t("stations.state"),
        sort: "status",
        width: "minmax(150px, 1.2fr)",
        cell: (s) => (
          <StateMark state={shownState(s)} word={s.error && s.connected ? faultWords(s.error.code, t) : undefined} />
        ),
      },
      {
        id: "evses",
        head: t("stations.evses"),
        width: "100px",
        cell: (s) => (
          <span className="inline-flex gap-1 align-middle">
            {s.evse_states.length === 0 && <span className="t3">–</span>}
            {s.evse_states.map((x, i) => (
              <StateMark key={i} state={x} pip size={14} />
            ))}
          </span>
        ),
      },
      { id: "site", head: t("stations.site"), width: "minmax(120px, 1.2fr)", cell: (s) => s.site_name || "–" },
      { id: "protocol", head: "OCPP", width: "62px", cell: (s) => s.protocol || "–" },
      {
        id: "model",
        head: t("stations.model"),
        width: "minmax(120px, 1fr)",
        cell: (s) => [s.device?.vendor, s.device?.model].filter(Boolean).join(" ") || "–",
      },
      { id: "firmware", head: t("stations.firmware"), width: "84px", cell: (s) => s.device?.firmware || "–" },
      {
        id: "since",
        head: t("stations.since"),
        sort: "-status_at",
        width: "112px",
        cell: (s) => (s.status_at ? <Ago at={s.status_at} /> : "–"),
      },
    ],
    [t],
  );
}

function Bulk({
  chosen,
  everything,
  total,
  filter,
  any,
  onAll,
  onNone,
}: {
  chosen: Set<string>;
  everything: boolean;
  total?: number;
  filter: Record<string, string>;
  any: boolean;
  onAll: () => void;
  onNone: () => void;
}) {
  const t = useT();
  const [kind, setKind] = useState("");
  if (chosen.size === 0) return null;
  const count = everything ? (total ?? chosen.size) : chosen.size;
  const set = Object.fromEntries(Object.entries(filter).filter(([, v]) => v !== ""));
  const target: Target = {
    many: everything ? { filter: set, count } : { stations: [...chosen], count },
  };
  return (
    <div className="sum" role="status">
      <b>{t("stations.chosen", { count, n: num(count) })}</b>
      <Menu
        small
        label={t("stations.command")}
        items={bulkKinds.map((k) => ({ id: k, label: kindWord(k, t), act: () => setKind(k) }))}
      />
      {!everything && total !== undefined && total > chosen.size && (
        <button type="button" className="lk" onClick={onAll}>
          {t(any ? "stations.chooseAllFound" : "stations.chooseAll", { count: total, n: num(total) })}
        </button>
      )}
      <button type="button" className="lk" onClick={onNone}>
        {t("stations.chooseNone")}
      </button>
      {kind && <CommandDialog kind={kind} target={target} onClose={() => setKind("")} />}
    </div>
  );
}

interface View {
  id: string;
  name: string;
  query: string;
  shared: boolean;
  own: boolean;
}

/** Saved views: a name for the filters in the address. */
function Views({ query }: { query: string }) {
  const t = useT();
  const go = useGo();
  const cache = useQueryClient();
  const [saving, setSaving] = useState(false);
  const { data } = useQuery({
    queryKey: ["/views", "stations"],
    queryFn: ({ signal }) => get<Page<View>>("/views", { page: "stations" }, signal),
    staleTime: 60_000,
  });
  const clean = new URLSearchParams(query);
  clean.delete("station");
  const now = clean.toString();
  const current = data?.items.find((v) => v.query === now);
  const items: MenuItem[] = [
    ...(data?.items ?? []).map((v) => ({
      id: v.id,
      label: v.shared && !v.own ? t("stations.viewShared", { name: v.name }) : v.name,
      checked: v.id === current?.id,
      act: () => go(`/stations${v.query ? `?${v.query}` : ""}`),
    })),
    ...(data?.items.length ? (["line"] as const) : []),
    { id: "save", label: t("stations.viewSave"), act: () => setSaving(true) },
    ...(current?.own
      ? [
          {
            id: "drop",
            label: t("stations.viewDrop", { name: current.name }),
            act: () =>
              void del(`/views/${seg(current.id)}`).then(() =>
                cache.invalidateQueries({ queryKey: ["/views", "stations"] }),
              ),
          },
        ]
      : []),
  ];
  return (
    <>
      <Menu label={t("stations.views")} items={items}>
        {current ? current.name : t("stations.views")}
      </Menu>
      {saving && <SaveView query={now} onClose={() => setSaving(false)} />}
    </>
  );
}

function SaveView({ query, onClose }: { query: string; onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const save = async () => {
    const id = crypto.getRandomValues(new Uint32Array(3)).join("");
    if (await deed.run(() => put(`/views/view_${id}`, { page: "stations", name: name.trim(), query, shared }))) {
      await cache.invalidateQueries({ queryKey: ["/views", "stations"] });
      onClose();
    }
  };
  return (
    <Dialog
      title={t("stations.viewSave")}
      open
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          <Button kind="primary" busy={deed.busy} disabled={!name.trim()} onClick={() => void save()}>
            {t("stations.viewSaveDeed")}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <TextField
          label={t("stations.viewName")}
          maxLength={80}
          value={name}
          onChange={setName}
          error={deed.at("name")}
        />
        <Check label={t("stations.viewForAll")} checked={shared} onChange={setShared} />
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
      </div>
    </Dialog>
  );
}
