import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { get, type Page, post, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import type { components } from "#shared/api/schema";
import { moment } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters } from "#shared/nav";
import {
  Button,
  Check,
  type Column,
  ConfirmByConsequence,
  Dialog,
  Empty,
  Loaded,
  Note,
  Pair,
  Pairs,
  ProblemBox,
  Select,
  Shown,
  SidePanel,
  Switch,
  Table,
  TextField,
  usePages,
} from "#shared/parts";
import { useDeed } from "./admin/form";
import { Secret } from "./admin/secret";
import { useSites } from "./sessions/data";

type Terminal = components["schemas"]["CardTerminal"];
type EVSE = components["schemas"]["TerminalEVSE"];
type Made = Terminal & { screen_url: string };
type Draft = Pick<Terminal, "name" | "reader" | "evses">;

/** Card readers at sites, each with a screen beside it: what they serve, and their addresses. */
export default function Terminals() {
  const t = useT();
  const me = useMe();
  const f = useFilters(["terminal"]);
  const [making, setMaking] = useState(false);
  const pages = usePages<Terminal>(
    "/terminals",
    useMemo(() => ({ limit: 100 }), []),
  );
  const columns = useColumns();
  const chosen = pages.rows.find((x) => x.id === f.value.terminal);
  return (
    <div className={`listpage${chosen ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.terminals")}</h1>
          <span className="sp" />
          {me.may("stations") && (
            <Button kind="primary" onClick={() => setMaking(true)}>
              {t("terminals.make")}
            </Button>
          )}
        </div>
        <Table
          label={t("page.terminals")}
          columns={columns}
          rows={pages}
          rowKey={(x) => x.id}
          current={f.value.terminal}
          onOpen={(x) => f.set({ terminal: x.id })}
          empty={<Empty why={t("terminals.none")} />}
        />
        <div className="foot">
          <Shown rows={pages} />
        </div>
      </div>
      {chosen && <Panel key={chosen.id} of={chosen} onClose={() => f.set({ terminal: "" })} />}
      {making && <Make onClose={() => setMaking(false)} />}
    </div>
  );
}

function useColumns(): Column<Terminal>[] {
  const t = useT();
  const sites = useSites();
  return useMemo<Column<Terminal>[]>(
    () => [
      { id: "name", head: t("terminals.name"), cell: (x) => x.name, width: "minmax(140px, 1fr)" },
      {
        id: "site",
        head: t("terminals.site"),
        cell: (x) => sites.find((s) => s.id === x.site_id)?.name ?? x.site_id,
        width: "minmax(140px, 1fr)",
      },
      {
        id: "reader",
        head: t("terminals.reader"),
        cell: (x) => <span className="mono text-sm">{x.reader}</span>,
        width: "minmax(160px, 1fr)",
      },
      {
        id: "serves",
        head: t("terminals.serves"),
        cell: (x) => (x.evses.length === 0 ? t("terminals.all") : t("terminals.some", { count: x.evses.length })),
        width: "minmax(140px, 0.8fr)",
      },
      { id: "state", head: t("terminals.state"), cell: (x) => <State of={x} />, width: "minmax(130px, 0.8fr)" },
    ],
    [t, sites],
  );
}

function State({ of: x }: { of: Terminal }) {
  const t = useT();
  if (x.retired_at) return <span className="t3">{t("terminals.retired", { at: moment(x.retired_at) })}</span>;
  return <>{t(x.busy ? "terminals.busy" : "terminals.free")}</>;
}

function Fields({
  draft,
  onChange,
  site,
  at,
}: {
  draft: Draft;
  onChange: (d: Draft) => void;
  site: string;
  at: (f: string) => string;
}) {
  const t = useT();
  return (
    <>
      <TextField
        label={t("terminals.name")}
        help={t("terminals.nameHelp")}
        required
        maxLength={100}
        value={draft.name}
        onChange={(name) => onChange({ ...draft, name })}
        error={at("name")}
      />
      <TextField
        label={t("terminals.reader")}
        help={t("terminals.readerHelp")}
        required
        mono
        maxLength={255}
        value={draft.reader}
        onChange={(reader) => onChange({ ...draft, reader })}
        error={at("reader")}
      />
      {site && <Serves site={site} value={draft.evses} onChange={(evses) => onChange({ ...draft, evses })} />}
      {at("evses") && <Note>{at("evses")}</Note>}
    </>
  );
}

interface Row {
  id: string;
  name: string;
  evses: { evse_id: number; number: string }[];
}

/** Which EVSEs of the site a terminal serves: all, or those that are chosen. */
function Serves({ site, value, onChange }: { site: string; value: EVSE[]; onChange: (v: EVSE[]) => void }) {
  const t = useT();
  const [some, setSome] = useState(value.length > 0);
  const q = useQuery({
    queryKey: ["/stations", "of", site],
    queryFn: ({ signal }) => get<Page<Row>>("/stations", { site, limit: 200 }, signal),
    enabled: some,
  });
  const has = (e: EVSE) => value.some((x) => x.station_id === e.station_id && x.evse_id === e.evse_id);
  return (
    <fieldset className="field grid gap-2">
      <legend className="label">{t("terminals.serves")}</legend>
      <Switch
        label={t("terminals.wholeSite")}
        checked={!some}
        onChange={(all) => {
          setSome(!all);
          if (all) onChange([]);
        }}
      />
      {some && (
        <Loaded of={q}>
          {(d) => (
            <div className="grid gap-1">
              {d.items.flatMap((s) =>
                s.evses.map((e) => {
                  const one = { station_id: s.id, evse_id: e.evse_id };
                  return (
                    <Check
                      key={`${s.id}:${e.evse_id}`}
                      label={`${s.name || s.id} · ${e.number || e.evse_id}`}
                      checked={has(one)}
                      onChange={(on) =>
                        onChange(
                          on
                            ? [...value, one]
                            : value.filter((x) => x.station_id !== one.station_id || x.evse_id !== one.evse_id),
                        )
                      }
                    />
                  );
                }),
              )}
              {value.length === 0 && <Note>{t("terminals.noneChosen")}</Note>}
            </div>
          )}
        </Loaded>
      )}
    </fieldset>
  );
}

function Make({ onClose }: { onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const sites = useSites();
  const [site, setSite] = useState("");
  const [by, setBy] = useState("");
  const [draft, setDraft] = useState<Draft>({ name: "", reader: "", evses: [] });
  const [made, setMade] = useState<Made | null>(null);
  const providers = useQuery({
    queryKey: ["/terminal-providers"],
    queryFn: ({ signal }) => get<Page<string>>("/terminal-providers", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const names = providers.data?.items ?? [];
  const provider = by || names[0] || "";
  const make = () =>
    deed.run(async () => {
      setMade(await post<Made>("/terminals", { ...draft, site_id: site, provider }));
      await cache.invalidateQueries({ queryKey: ["/terminals"] });
    });
  return (
    <Dialog
      title={t("terminals.make")}
      open
      onClose={onClose}
      footer={
        made ? (
          <Button kind="primary" onClick={onClose}>
            {t("parts.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("parts.cancel")}</Button>
            <Button kind="primary" busy={deed.busy} disabled={!site || !draft.name || !draft.reader} onClick={make}>
              {t("terminals.make")}
            </Button>
          </>
        )
      }
    >
      {made ? (
        <Secret text={made.screen_url} note={t("terminals.once")} />
      ) : (
        <div className="grid gap-3">
          {providers.data && names.length === 0 && <Note>{t("terminals.noProvider")}</Note>}
          <Select
            label={t("terminals.site")}
            value={site}
            onChange={(x) => {
              setSite(x);
              setDraft({ ...draft, evses: [] });
            }}
            options={[
              { value: "", label: t("terminals.choose") },
              ...sites.map((s) => ({ value: s.id, label: s.name || s.id })),
            ]}
            error={deed.at("site_id")}
          />
          {names.length > 1 && (
            <Select
              label={t("terminals.provider")}
              value={provider}
              onChange={setBy}
              options={names.map((n) => ({ value: n, label: n }))}
              error={deed.at("provider")}
            />
          )}
          <Fields key={site} draft={draft} onChange={setDraft} site={site} at={deed.at} />
          {deed.failed !== null && <ProblemBox error={deed.failed} />}
        </div>
      )}
    </Dialog>
  );
}

function Panel({ of: x, onClose }: { of: Terminal; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const deed = useDeed();
  const site = useSites().find((s) => s.id === x.site_id);
  const [draft, setDraft] = useState<Draft>({ name: x.name, reader: x.reader, evses: x.evses });
  const [asking, setAsking] = useState<"" | "retire" | "screen">("");
  const [screen, setScreen] = useState("");
  const path = `/terminals/${seg(x.id)}`;
  const renew = () => cache.invalidateQueries({ queryKey: ["/terminals"] });
  const save = () => deed.run(() => put(path, { ...draft, retired: x.retired_at !== null })).then(renew);
  return (
    <SidePanel title={x.name} onClose={onClose}>
      <Pairs>
        <Pair name={t("terminals.state")}>
          <State of={x} />
        </Pair>
        <Pair name={t("terminals.site")}>
          <A className="lk" href={`/sites/${seg(x.site_id)}`}>
            {site?.name || x.site_id}
          </A>
        </Pair>
        <Pair name={t("terminals.provider")}>{x.provider}</Pair>
      </Pairs>
      {me.may("stations") && (
        <div className="grid gap-3 mt-3">
          <Fields draft={draft} onChange={setDraft} site={x.site_id} at={deed.at} />
          {deed.failed !== null && <ProblemBox error={deed.failed} />}
          <p className="flex flex-wrap gap-3">
            <Button kind="primary" busy={deed.busy} onClick={save}>
              {t("terminals.save")}
            </Button>
            <Button onClick={() => setAsking("screen")}>{t("terminals.newScreen")}</Button>
            {x.retired_at ? (
              <Button onClick={() => deed.run(() => put(path, { ...draft, retired: false })).then(renew)}>
                {t("terminals.back")}
              </Button>
            ) : (
              <Button kind="danger" onClick={() => setAsking("retire")}>
                {t("terminals.retire")}
              </Button>
            )}
          </p>
          {screen && <Secret text={screen} note={t("terminals.once")} />}
        </div>
      )}
      <ConfirmByConsequence
        title={t("terminals.retire")}
        open={asking === "retire"}
        onClose={() => setAsking("")}
        consequence={t("terminals.retireThen")}
        deed={t("terminals.retire")}
        act={async () => {
          await put(path, { name: x.name, reader: x.reader, evses: x.evses, retired: true });
          await renew();
          setAsking("");
        }}
      />
      <ConfirmByConsequence
        title={t("terminals.newScreen")}
        open={asking === "screen"}
        onClose={() => setAsking("")}
        consequence={t("terminals.newScreenThen")}
        deed={t("terminals.newScreen")}
        act={async () => {
          setScreen((await post<Made>(`${path}/screen`, {})).screen_url);
          setAsking("");
        }}
      />
    </SidePanel>
  );
}
