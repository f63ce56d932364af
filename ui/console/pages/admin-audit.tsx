import { useMemo } from "react";
import { moment } from "#shared/format";
import { has, useT } from "#shared/i18n";
import { useFilters } from "#shared/nav";
import { type Column, Empty, Pair, Pairs, Shown, SidePanel, Table, TextField, usePages } from "#shared/parts";
import { Export } from "./export";

interface Entry {
  id: string;
  at: string;
  actor_kind: "key" | "staff" | "driver" | "system" | "nobody";
  actor: string;
  actor_name: string;
  action: string;
  method: string;
  path: string;
  object: string;
  remote: string;
  status: number;
  change: unknown;
}

export default function Audit() {
  const t = useT();
  const f = useFilters(["q", "actor", "action", "object", "from", "to", "entry"]);
  const { q, actor, action, object, from, to } = f.value;
  const query = useMemo(
    () => ({ q, actor, action, object, from: instant(from), to: instant(to), limit: 100 }),
    [q, actor, action, object, from, to],
  );
  const rows = usePages<Entry>("/audit", query);
  const entry = rows.rows.find((e) => e.id === f.value.entry);
  const columns = useMemo<Column<Entry>[]>(
    () => [
      { id: "at", head: t("audit.at"), cell: (e) => moment(e.at), width: "150px" },
      { id: "actor", head: t("audit.actor"), cell: (e) => <Actor of={e} />, width: "minmax(140px, 1fr)" },
      { id: "action", head: t("audit.action"), cell: (e) => e.action, width: "minmax(140px, 1fr)" },
      {
        id: "object",
        head: t("audit.object"),
        cell: (e) => <span className="mono text-xs">{e.object}</span>,
        width: "minmax(160px, 1.2fr)",
      },
      { id: "remote", head: t("audit.remote"), cell: (e) => e.remote, width: "130px" },
      { id: "status", head: t("audit.status"), cell: (e) => <Status of={e.status} />, number: true, width: "90px" },
    ],
    [t],
  );
  return (
    <div className={`listpage${entry ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.audit")}</h1>
          <TextField
            hideLabel
            label={t("audit.search")}
            placeholder={t("audit.search")}
            value={q}
            onChange={(v) => f.set({ q: v })}
          />
          <TextField
            hideLabel
            label={t("audit.actor")}
            placeholder={t("audit.actor")}
            value={actor}
            onChange={(v) => f.set({ actor: v })}
          />
          <TextField
            hideLabel
            label={t("audit.action")}
            placeholder={t("audit.action")}
            value={action}
            onChange={(v) => f.set({ action: v })}
          />
          <TextField
            hideLabel
            label={t("audit.object")}
            placeholder={t("audit.object")}
            value={object}
            onChange={(v) => f.set({ object: v })}
          />
          <TextField hideLabel label={t("audit.from")} type="date" value={from} onChange={(v) => f.set({ from: v })} />
          <TextField hideLabel label={t("audit.to")} type="date" value={to} onChange={(v) => f.set({ to: v })} />
          <span className="sp" />
          <Export list="exports/audit" query={{ ...query, limit: undefined }} />
        </div>
        <Table
          label={t("page.audit")}
          columns={columns}
          rows={rows}
          rowKey={(e) => e.id}
          current={f.value.entry}
          onOpen={(e) => f.set({ entry: e.id })}
          tone={(e) => (e.status >= 500 ? "f" : undefined)}
          empty={<Empty why={f.any ? t("audit.nothing") : t("audit.none")} />}
        />
        <div className="foot">
          <Shown rows={rows} />
        </div>
      </div>
      {entry && (
        <SidePanel title={entry.action} onClose={() => f.set({ entry: "" })}>
          <div className="p-4 grid gap-3">
            <Pairs>
              <Pair name={t("audit.at")}>{moment(entry.at)}</Pair>
              <Pair name={t("audit.actor")}>
                <Actor of={entry} />
              </Pair>
              <Pair name={t("audit.remote")}>{entry.remote}</Pair>
              <Pair name={t("audit.request")}>
                <span className="mono text-xs break-all">{`${entry.method} ${entry.path}`}</span>
              </Pair>
              <Pair name={t("audit.status")}>
                <Status of={entry.status} />
              </Pair>
            </Pairs>
            <h3 className="font-semi">{t("audit.change")}</h3>
            {entry.change === null || entry.change === undefined ? (
              <p className="t3">{t("audit.noChange")}</p>
            ) : (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by keyboard, too
              <pre className="mono text-xs overflow-x-auto" tabIndex={0}>
                {JSON.stringify(entry.change, null, 2)}
              </pre>
            )}
          </div>
        </SidePanel>
      )}
    </div>
  );
}

/** Local midnight of a date field, as the API takes it; undefined when empty. */
const instant = (date: string) => (date ? new Date(`${date}T00:00`).toISOString() : undefined);

function Actor({ of }: { of: Entry }) {
  const t = useT();
  const kind = has(`audit.kind.${of.actor_kind}`) ? t(`audit.kind.${of.actor_kind}`) : of.actor_kind;
  return (
    <>
      {of.actor_name || of.actor || kind}
      {(of.actor_name || of.actor) && <span className="t3"> {kind}</span>}
    </>
  );
}

function Status({ of }: { of: number }) {
  const t = useT();
  if (of === 0) return <span className="tw">{t("audit.unknownEnd")}</span>;
  return <span className={of >= 500 ? "tf" : of >= 400 ? "tw" : ""}>{of}</span>;
}
