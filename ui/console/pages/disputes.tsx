import { useMemo } from "react";
import { money, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { useFilters } from "#shared/nav";
import { type Column, Empty, Shown, Table, useNow, usePages, ZoneNote } from "#shared/parts";
import { follow } from "./money/data";
import { DisputePanel, Due } from "./money/dispute";
import { dueFirst, pressing } from "./money/logic";
import { DisputeMark } from "./money/marks";
import type { Dispute } from "./money/types";
import { whomColumns } from "./money/whom";
import { disputeReason } from "./money/words";

/** What payers objected to at their banks; what can still be answered stands first. */
export default function Disputes() {
  const t = useT();
  const f = useFilters(["dispute"]);
  const { dispute } = f.value;
  const pages = usePages<Dispute>(
    "/disputes",
    useMemo(() => ({ limit: 200 }), []),
    follow,
  );
  const rows = useMemo(() => ({ ...pages, rows: dueFirst(pages.rows) }), [pages]);
  const now = useNow(60_000);
  const columns = useColumns();
  const chosen = rows.rows.find((d) => d.id === dispute);
  return (
    <div className={`listpage${chosen ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.disputes")}</h1>
        </div>
        <Table
          label={t("page.disputes")}
          columns={columns}
          rows={rows}
          rowKey={(d) => d.id}
          current={dispute}
          onOpen={(d) => f.set({ dispute: d.id })}
          tone={(d) => ({ past: "f" as const, soon: "w" as const, "": undefined })[pressing(d, now)]}
          empty={<Empty why={t("money.noDisputes")} />}
        />
        <div className="foot">
          <Shown rows={rows} />
          <span>{t("money.dueFirst")}</span>
          <span className="sp" />
          <ZoneNote zone={ownZone()} />
        </div>
      </div>
      {chosen && <DisputePanel key={chosen.id} of={chosen} onClose={() => f.set({ dispute: "" })} />}
    </div>
  );
}

function useColumns(): Column<Dispute>[] {
  const t = useT();
  return useMemo<Column<Dispute>[]>(() => {
    const whom = whomColumns(t, t("money.raised"));
    return [
      { id: "due", head: t("money.dueAt"), cell: (d) => <Due of={d} />, width: "minmax(180px, 1fr)" },
      { id: "state", head: t("money.state"), cell: (d) => <DisputeMark of={d} />, width: "minmax(150px, 0.8fr)" },
      { id: "amount", head: t("money.disputed"), cell: (d) => money(d.amount), number: true, width: "88px" },
      whom.payer(),
      whom.where(),
      {
        id: "why",
        head: t("money.objects"),
        cell: (d) => disputeReason(t, d.reason),
        width: "minmax(180px, 1.6fr)",
      },
      { id: "provider", head: t("money.provider"), cell: (d) => d.provider, width: "96px" },
      {
        id: "ref",
        head: t("money.reference"),
        cell: (d) => <span className="mono">{d.provider_reference}</span>,
        width: "minmax(140px, 1fr)",
      },
      whom.at(),
    ];
  }, [t]);
}
