import { useMemo } from "react";
import { seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { num } from "#shared/format";
import { useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { Ago, ButtonLink, type Column, Empty, Shown, Table, usePages } from "#shared/parts";
import { Export } from "./export";
import { useSentence } from "./sessions/data";
import { type Tariff, useAssignments } from "./tariffs/data";
import { type Assignment, placesOf, spot } from "./tariffs/logic";

/** Every tariff on offer: what a driver pays, and where. */
export default function Tariffs() {
  const t = useT();
  const me = useMe();
  const go = useGo();
  const rows = usePages<Tariff>(
    "/tariffs",
    useMemo(() => ({ limit: 100 }), []),
  );
  const columns = useMemo<Column<Tariff>[]>(
    () => [
      {
        id: "name",
        head: t("tariffs.name"),
        cell: (x) => <b className="font-semi">{x.name}</b>,
        width: "minmax(140px, 1fr)",
      },
      {
        id: "id",
        head: t("tariffs.id"),
        cell: (x) => <span className="mono">{x.id}</span>,
        width: "minmax(120px, 1fr)",
      },
      { id: "sentence", head: t("tariffs.sentence"), cell: (x) => <Sentence of={x} />, width: "minmax(280px, 3fr)" },
      { id: "currency", head: t("tariffs.currency"), cell: (x) => x.currency, width: "80px" },
      { id: "where", head: t("tariffs.where"), cell: (x) => <Where id={x.id} />, width: "minmax(140px, 1.2fr)" },
      { id: "updated", head: t("tariffs.updated"), cell: (x) => <Ago at={x.updated_at} />, width: "130px" },
    ],
    [t],
  );
  return (
    <div className="listpage">
      <div className="list">
        <div className="filters">
          <h1>{t("page.tariffs")}</h1>
          <span className="sp" />
          <Export list="exports/tariffs" />
          <ButtonLink href="/tariff-check">{t("page.tariffCheck")}</ButtonLink>
          {me.may("money") && (
            <ButtonLink kind="primary" href="/new-tariff">
              {t("tariffs.add")}
            </ButtonLink>
          )}
        </div>
        <Table
          label={t("page.tariffs")}
          columns={columns}
          rows={rows}
          rowKey={(x) => x.id}
          onOpen={(x) => go(`/tariffs/${seg(x.id)}`)}
          empty={
            <Empty why={t("tariffs.none")}>
              {me.may("money") && <ButtonLink href="/new-tariff">{t("tariffs.add")}</ButtonLink>}
            </Empty>
          }
        />
        <div className="foot">
          <Shown rows={rows} />
          <span>{t("tariffs.precedence")}</span>
        </div>
      </div>
    </div>
  );
}

function Sentence({ of }: { of: Tariff }) {
  const { sentence } = useSentence(of.id, of.version);
  return <span title={sentence}>{sentence}</span>;
}

/** Where a tariff is offered, to whomever, in few words. */
function Where({ id }: { id: string }) {
  const t = useT();
  const { data } = useAssignments();
  if (!data) return null;
  const mine = placesOf(data.items, id);
  const now = mine.filter((a) => a.in_force);
  const count = (pick: (a: Assignment) => string) => {
    const n = new Set(now.map(pick).filter(Boolean)).size;
    return { count: n, n: num(n) };
  };
  const sites = count((a) => (a.kind === "site" ? a.place : ""));
  const stations = count((a) => spot(a).station);
  const parts = [
    now.some((a) => a.kind === "tenant") && t("tariffs.everywhere"),
    sites.count > 0 && t("tariffs.sites", sites),
    stations.count > 0 && t("tariffs.stations", stations),
    mine.length > now.length && t("offers.later"),
  ].filter(Boolean);
  return parts.length ? parts.join(", ") : <span className="t3">{t("tariffs.unused")}</span>;
}
