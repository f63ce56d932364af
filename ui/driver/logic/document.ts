import type { Amount } from "./types";

/** A document about money at first sight. */
export interface DocumentRow {
  id: string;
  kind: "receipt" | "credit_note" | "statement";
  /** Without gap within the seller and kind. */
  number: string;
  session_id: string | null;
  /** Of a receipt: 1, and one more after each correction. */
  revision: number;
  /** Of a credit note: the receipt that it gives back of. */
  corrects_id: string | null;
  gross: Amount;
  issued_at: string;
}

/** The receipt that replaced this one, or null while it is in force. */
export function replacedBy(d: DocumentRow, related: readonly DocumentRow[]): DocumentRow | null {
  if (d.kind !== "receipt") return null;
  return related
    .filter((x) => x.kind === "receipt" && x.revision > d.revision)
    .reduce<DocumentRow | null>((a, b) => (a && a.revision > b.revision ? a : b), null);
}

/** What credit notes have given back of a receipt, in minor units. */
export const givenBack = (d: DocumentRow, related: readonly DocumentRow[]): number =>
  related.reduce((n, x) => (x.kind === "credit_note" && x.corrects_id === d.id ? n + x.gross.amount_minor : n), 0);
