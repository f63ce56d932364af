import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { get, type Page, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { duration, moment, money, num, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A, useFilters } from "#shared/nav";
import {
  Button,
  Chip,
  type Column,
  Empty,
  Icon,
  Loaded,
  ProblemBox,
  SelectChip,
  Shown,
  Table,
  usePages,
  Wide,
  ZoneNote,
} from "#shared/parts";
import { follow } from "./money/data";
import { amount } from "./money/logic";
import { MatchMark } from "./money/marks";
import { TakeReport, Terminals } from "./money/terminals";
import type { Check, Item } from "./money/types";

/** The books beside what the providers report: to the cent, or somebody looks. */
export default function Reconciliation() {
  const t = useT();
  const me = useMe();
  const [taking, setTaking] = useState(false);
  const f = useFilters(["provider", "all"]);
  const q = useQuery(
    live(
      follow,
      {
        queryKey: ["/reconciliation"],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Page<Check>>("/reconciliation", {}, signal),
      },
      5_000,
    ),
  );
  const providers = [...new Set(q.data?.items.map((c) => c.provider))];
  const off = q.data?.items.find((c) => c.off.amount_minor !== 0);
  const provider = f.value.provider || off?.provider || providers[0] || "";
  return (
    <div className="listpage">
      <div className="list">
        <div className="filters">
          <h1>{t("page.reconciliation")}</h1>
          {me.may("money") && <Button onClick={() => setTaking(true)}>{t("money.reportTitle")}</Button>}
          <div className="chips">
            {provider && (
              <Chip on={!f.value.all} onClick={() => f.set({ all: f.value.all ? "" : "true" })}>
                {t("money.onlyOpen")}
              </Chip>
            )}
            {(providers.length > 1 || f.value.provider) && (
              <SelectChip
                label={t("money.provider")}
                value={provider}
                onChange={(v) => f.set({ provider: v })}
                options={providers.map((p) => ({ value: p, label: p }))}
              />
            )}
          </div>
        </div>
        <Loaded of={q}>{(d) => <Checks of={d.items} />}</Loaded>
        <Terminals />
        {provider && <Items provider={provider} open={!f.value.all} onAll={() => f.set({ all: "true" })} />}
        {taking && <TakeReport onClose={() => setTaking(false)} />}
      </div>
    </div>
  );
}

function Checks({ of: checks }: { of: readonly Check[] }) {
  const t = useT();
  const off = checks.filter((c) => c.off.amount_minor !== 0);
  if (checks.length === 0) return <Empty why={t("money.noBalance")} />;
  return (
    <section className="px-4 pb-3" aria-label={t("money.balances")}>
      {off.map((c) => (
        <div key={c.provider + c.off.currency} className="mb-2">
          <ProblemBox error={new Error(t("money.offBy", { provider: c.provider, amount: money(c.off) }))} />
        </div>
      ))}
      <Wide label={t("money.balances")}>
        <table className="plain whitespace-nowrap max-w-[860px]">
          <thead>
            <tr>
              <th scope="col">{t("money.provider")}</th>
              <th scope="col">{t("money.currency")}</th>
              {(["clearing", "reported", "inTransit", "off"] as const).map((k) => (
                <th key={k} scope="col" className="n">
                  {t(`money.${k}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {checks.map((c) => (
              <tr key={c.provider + c.off.currency}>
                <td>
                  <A className="lk" href={`/reconciliation?provider=${seg(c.provider)}`}>
                    {c.provider}
                  </A>
                </td>
                <td>{c.off.currency}</td>
                <td className="n">{money(c.clearing)}</td>
                <td className="n">{money(c.reported)}</td>
                <td className="n">{money(c.in_transit)}</td>
                <td className="n">
                  {c.off.amount_minor === 0 ? (
                    <span className="st justify-end">
                      <Icon name="ok" size={12} />
                      {money(c.off)}
                    </span>
                  ) : (
                    <span className="st tf justify-end">
                      <Icon name="p1" size={14} />
                      <b>{money(c.off)}</b>
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      <p className="t2 text-sm mt-2">{t("money.balanceRule")}</p>
    </section>
  );
}

function Items({ provider, open, onAll }: { provider: string; open: boolean; onAll: () => void }) {
  const t = useT();
  const rows = usePages<Item>(
    `/reconciliation/${seg(provider)}`,
    useMemo(() => ({ open, limit: 100 }), [open]),
    follow,
    5_000,
  );
  const columns = useColumns();
  return (
    <>
      <div className="sum">
        <span>{t(open ? "money.itemsOpen" : "money.itemsAll", { provider })}</span>
      </div>
      <Table
        label={t("money.items")}
        columns={columns}
        rows={rows}
        rowKey={(i) => [i.provider_reference, i.kind, i.ours.currency].join(" ")}
        tone={(i) => (i.match === "differs" || i.kind === "strange" ? "f" : i.match === "not_ours" ? "w" : undefined)}
        empty={
          <Empty why={t(open ? "money.agree" : "money.noItems", { provider })}>
            {open && <Button onClick={onAll}>{t("money.showAll")}</Button>}
          </Empty>
        }
      />
      <div className="foot">
        <Shown rows={rows} />
        <span className="sp" />
        <ZoneNote zone={ownZone()} />
      </div>
    </>
  );
}

function useColumns(): Column<Item>[] {
  const t = useT();
  return useMemo<Column<Item>[]>(
    () => [
      { id: "match", head: t("money.matchHead"), cell: (i) => <MatchMark of={i} />, width: "minmax(168px, 1fr)" },
      { id: "kind", head: t("money.kindHead"), cell: (i) => t(`money.moved.${i.kind}`), width: "96px" },
      {
        id: "ref",
        head: t("money.reference"),
        cell: (i) => <span className="mono">{i.provider_reference || "–"}</span>,
        width: "minmax(150px, 1.4fr)",
      },
      {
        id: "payment",
        head: t("page.payment"),
        cell: (i) =>
          i.payment_id ? (
            <A href={`/payments/${seg(i.payment_id)}`}>{t("money.show")}</A>
          ) : (
            <span className="t3">{t("money.noneKnown")}</span>
          ),
        width: "110px",
      },
      { id: "ours", head: t("money.ours"), cell: (i) => money(i.ours), number: true, width: "88px" },
      { id: "theirs", head: t("money.theirs"), cell: (i) => money(i.theirs), number: true, width: "88px" },
      { id: "differs", head: t("money.difference"), cell: (i) => <Difference of={i} />, number: true, width: "92px" },
      {
        id: "age",
        head: t("money.age"),
        cell: (i) => (i.age_s > 0 ? duration(i.age_s * 1000) : <span className="t3">–</span>),
        number: true,
        width: "92px",
      },
      { id: "at", head: t("money.lastMoved"), cell: (i) => moment(i.theirs_at ?? i.ours_at), width: "104px" },
    ],
    [t],
  );
}

function Difference({ of: i }: { of: Item }) {
  const n = i.ours.amount_minor - i.theirs.amount_minor;
  if (n === 0) return <span className="t3">{num(0)}</span>;
  return <b className="font-semi">{money(amount(n, i.ours.currency))}</b>;
}
