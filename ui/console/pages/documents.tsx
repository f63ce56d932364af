import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { useFilters, useGo } from "#shared/nav";
import { Chip, type Column, Empty, Shown, Table, TextField, usePages, ZoneNote } from "#shared/parts";
import { type DocumentRow, kinds } from "./documents/types";
import { whomColumns } from "./money/whom";
import { useZone } from "./sessions/data";
import type { Found } from "./support/types";

/** Receipts, credit notes and statements, the newest first. */
export default function Documents() {
  const t = useT();
  const f = useFilters(["kind", "number"]);
  const go = useGo();
  const zone = useZone();
  const me = useMe();
  const kind = kinds.find((k) => k === f.value.kind);
  const pages = usePages<DocumentRow>(
    "/documents",
    useMemo(() => ({ kind, limit: 100 }), [kind]),
    ["session"],
  );
  const number = f.value.number.trim();
  const numbered = useQuery({
    queryKey: ["/support", "search", number, "", ""],
    queryFn: ({ signal }) => get<Found>("/support/search", { q: number }, signal),
    enabled: number !== "" && me.may("people"),
    retry: false,
  });
  const rows = useMemo(
    () =>
      number === ""
        ? pages
        : {
            ...pages,
            rows: (numbered.data?.documents ?? []).filter((d) => !kind || d.kind === kind),
            more: false,
            loading: numbered.isLoading,
            error: numbered.error,
            retry: () => void numbered.refetch(),
          },
    [pages, numbered, number, kind],
  );
  const columns = useMemo<Column<DocumentRow>[]>(() => {
    const whom = whomColumns(t, "");
    return [
      { id: "number", head: t("docs.number"), cell: (d) => d.number, width: "minmax(112px, 1fr)" },
      { id: "kind", head: t("docs.what"), cell: (d) => t(`docs.kind.${d.kind}`), width: "minmax(96px, 1fr)" },
      whom.payer(),
      { id: "gross", head: t("docs.gross"), cell: (d) => signed(d), width: "104px", number: true },
      { id: "at", head: t("docs.issued"), cell: (d) => moment(d.issued_at, zone), width: "150px" },
      whom.where(),
      {
        id: "net",
        head: t("sessions.net"),
        cell: (d) => (billed(d) ? money(d.net) : ""),
        width: "110px",
        number: true,
      },
      { id: "tax", head: t("docs.tax"), cell: (d) => (billed(d) ? money(d.tax) : ""), width: "110px", number: true },
    ];
  }, [t, zone]);
  return (
    <div className="listpage">
      <div className="list">
        <div className="filters">
          <h1>{t("page.documents")}</h1>
          <div className="chips">
            {kinds.map((k) => (
              <Chip key={k} on={kind === k} onClick={() => f.set({ kind: kind === k ? "" : k })}>
                {t(`docs.kinds.${k}`)}
              </Chip>
            ))}
          </div>
          <span className="sp" />
          {me.may("people") && (
            <TextField
              label={t("docs.search")}
              hideLabel
              placeholder={t("docs.search")}
              type="search"
              value={f.value.number}
              onChange={(v) => f.set({ number: v })}
              maxLength={100}
            />
          )}
        </div>
        <Table
          label={t("page.documents")}
          columns={columns}
          rows={rows}
          rowKey={(d) => d.id}
          onOpen={(d) => go(`/documents/${seg(d.id)}`)}
          empty={<Empty why={t(number ? "docs.noneNumbered" : kind ? "docs.noneOfKind" : "docs.none")} />}
        />
        <div className="foot">
          <Shown rows={rows} />
          <span className="sp" />
          <ZoneNote zone={zone} />
        </div>
      </div>
    </div>
  );
}

/** A statement bills nothing. */
const billed = (d: DocumentRow) => d.kind !== "statement";

/** What a credit note gives back stands with a minus. */
const signed = (d: DocumentRow) =>
  d.kind === "credit_note"
    ? money({ amount_minor: -d.gross.amount_minor, currency: d.gross.currency })
    : billed(d)
      ? money(d.gross)
      : "";
