import type { Amount } from "#shared/format";
import type { Claim, Dispute, FullPayment, Payment, Step } from "./types";

/** How many decimals a currency has. */
export function exponentOf(currency: string): number {
  try {
    const o = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
    return o.maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** A typed amount in minor units, exactly: "12.5" and "12,50" are 1250 in EUR. null where it is none. */
export function minorOf(text: string, currency: string): number | null {
  const m = /^(\d{1,12})(?:[.,](\d*))?$/.exec(text.trim());
  if (!m) return null;
  const e = exponentOf(currency);
  const rest = (m[2] ?? "").replace(/0+$/, "");
  if (rest.length > e) return null;
  return Number((m[1] ?? "") + rest.padEnd(e, "0"));
}

/** An amount as one types it: "12.50". */
export function typed(a: Amount): string {
  const e = exponentOf(a.currency);
  const s = String(a.amount_minor).padStart(e + 1, "0");
  return e === 0 ? s : `${s.slice(0, -e)}.${s.slice(-e)}`;
}

export const amount = (minor: number, currency: string): Amount => ({ amount_minor: minor, currency });

/** What a payment is at first sight: what troubles it, else how far it has come. */
export type PaymentLook = "strange" | "unknown" | "returned" | "part_returned" | Payment["status"];
export function lookOf(p: Payment): PaymentLook {
  if (p.trouble === "strange" || p.trouble === "unknown") return p.trouble;
  if (p.status !== "taken" || p.refunded.amount_minor === 0) return p.status;
  return p.refunded.amount_minor >= p.captured.amount_minor ? "returned" : "part_returned";
}

/** Whether the provider has more to say of a payment by itself. */
export const moving = (p: FullPayment) =>
  p.status === "planned" || p.steps.some((s) => s.state === "planned" || s.state === "sent");

/** Whether a person may have a step made again: its outcome is unknown, or the hold still stands. */
export function mayRetry(s: Step, p: Payment): boolean {
  if (s.state === "unknown") return true;
  const over = p.status === "taken" || p.status === "released" || p.status === "refused" || p.status === "expired";
  return s.state === "refused" && ((s.verb === "capture" && p.status === "held") || (s.verb === "void" && !over));
}

/** What of a claim was paid by a card or another method of a provider. */
export const byProvider = (c: Claim): Amount =>
  amount(c.paid.amount_minor - c.wallet.amount_minor - c.hand.amount_minor, c.due.currency);

const left = (c: Claim) => c.left.amount_minor > 0 && c.state !== "paid";
/** Whether the driver's saved method may be charged with what is left. */
export const mayAsk = (c: Claim) => left(c) && c.state !== "asked" && c.driver_id !== null;
export const mayWriteOff = (c: Claim) => left(c) && c.state !== "asked" && c.state !== "written_off";
export const mayReceive = left;

/** The days after the first failure at which a claim is asked again; after the last it is written off. */
export const dunDays = [1, 3, 7, 14] as const;

export interface Turn {
  /** Which time, 1 is the first. */
  n: number;
  at: string | null;
  state: "failed" | "paid" | "asked" | "next" | "later";
}

/** The calendar of a claim that was asked in vain: the turns that were, and those to come while it is dunned. */
export function calendar(c: Claim): Turn[] {
  if (!c.failed_at) return [];
  const first = Date.parse(c.failed_at);
  const turns: Turn[] = [];
  for (let n = 1; n <= c.attempts; n++) {
    const last = n === c.attempts;
    const state = last && c.state === "asked" ? "asked" : last && c.state === "paid" ? "paid" : "failed";
    turns.push({ n, at: n === 1 ? c.failed_at : null, state });
  }
  if (c.state !== "dunning") return turns;
  for (let n = c.attempts + 1; n <= dunDays.length + 1; n++) {
    const next = n === c.attempts + 1;
    const at = new Date(first + (dunDays[n - 2] ?? 0) * 86_400_000).toISOString();
    turns.push({ n, at: next ? c.next_at : at, state: next ? "next" : "later" });
  }
  return turns;
}

/** Disputes that can still be answered first, the earliest due on top; then the others, the newest on top. */
export function dueFirst(list: readonly Dispute[]): Dispute[] {
  const due = (d: Dispute) => (d.due_at ? Date.parse(d.due_at) : Number.POSITIVE_INFINITY);
  return list.toSorted((a, b) => {
    const [x, y] = [a.state === "open", b.state === "open"];
    if (x !== y) return x ? -1 : 1;
    if (x && due(a) !== due(b)) return due(a) - due(b);
    return b.created_at.localeCompare(a.created_at) || b.id.localeCompare(a.id);
  });
}

/** How pressing an answer to a dispute is: past its day, within three days, or neither. */
export function pressing(d: Dispute, now: number): "past" | "soon" | "" {
  if (d.state !== "open" || !d.due_at) return "";
  const rest = Date.parse(d.due_at) - now;
  return rest < 0 ? "past" : rest < 3 * 86_400_000 ? "soon" : "";
}
