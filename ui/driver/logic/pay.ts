import type { Amount } from "./types";

// What drivers pay with, and what became of it. Amounts are minor units of their currency.

export interface PayMethod {
  kind: string;
  brand: string;
  /** apple_pay, google_pay or "". */
  wallet: string;
  last4: string;
  /** "2027-03" or "". */
  expires_on: string;
}

export type SavedMethod = PayMethod & { id: string; default: boolean; created_at: string };

export interface Wallet {
  balance: Amount;
  /** Without what open sessions were promised and what is on its way back. */
  free: Amount;
  auto_below: Amount;
  auto_amount: Amount;
  /** The payment that adds to it at this moment. */
  topping_payment_id: string | null;
  /** What may be added at once. */
  most: Amount;
  /** Payments can be made here. */
  offered: boolean;
}

export interface Payment {
  id: string;
  purpose: "session" | "topup" | "invoice" | "method";
  status: "planned" | "open" | "held" | "taken" | "released" | "refused" | "expired";
  amount: Amount;
  captured: Amount;
  refunded: Amount;
  method: PayMethod;
  decline: string;
  decline_code: string;
  /** The bank asks the payer to confirm. */
  confirm: boolean;
  url: string | null;
  created_at: string;
}

export interface Claim {
  id: string;
  session_id: string;
  state: "open" | "asked" | "paid" | "dunning" | "written_off" | "stuck";
  due: Amount;
  paid: Amount;
  left: Amount;
  /** When the method is charged again. */
  next_at: string | null;
  payment_id: string | null;
  created_at: string;
}

/** How a payment stands, as its payer sees it. */
export type Outcome = "waiting" | "taken" | "saved" | "declined" | "expired" | "released";

export function outcome(p: Payment): Outcome {
  switch (p.status) {
    case "planned":
    case "open":
      return "waiting";
    case "refused":
      return "declined";
    case "expired":
      return "expired";
    case "released":
      return p.purpose === "method" ? "saved" : "released";
    default:
      return p.purpose === "method" ? "saved" : p.status === "held" ? "waiting" : "taken";
  }
}

const reasons: Record<string, string> = {
  insufficient_funds: "funds",
  expired_card: "expired",
  card_expired: "expired",
  authentication_required: "confirm",
  authentication_failed: "unconfirmed",
  possible_fraud: "refused",
  do_not_honor: "refused",
  card_declined: "refused",
  generic_decline: "refused",
  refused_by_issuer: "refused",
  incorrect_cvc: "data",
  invalid_cvv: "data",
  incorrect_number: "data",
  invalid_card_number: "data",
};

/** Why a bank said no, as a word of `pay.why`; "other" for what no list knows. */
export const whyDeclined = (p: Pick<Payment, "decline_code" | "confirm">): string =>
  p.confirm ? "confirm" : (reasons[p.decline_code] ?? "other");

/** What one has to do something about: a payment failed, was given up, or nothing is there to charge. */
export const unpaid = (c: Claim): boolean =>
  c.left.amount_minor > 0 && (c.state === "open" || c.state === "dunning" || c.state === "written_off");

/** Whether a payment waits for its payer on the provider's page, because they left it or their bank asks them. */
export const waitsForPayer = (p: Payment | undefined): boolean => p?.status === "open" && p.url !== null;

/** The sum by currency. */
export function total(all: readonly Amount[]): Amount[] {
  const by = new Map<string, number>();
  for (const a of all) by.set(a.currency, (by.get(a.currency) ?? 0) + a.amount_minor);
  return [...by].map(([currency, amount_minor]) => ({ currency, amount_minor }));
}

/** Who pays a session that begins now: the wallet first, then the method that is the default. */
export function payer(w: Wallet, methods: readonly SavedMethod[]) {
  const free = w.free.amount_minor > 0;
  const method = methods.find((m) => m.default) ?? methods[0] ?? null;
  return { how: free ? (method ? "both" : "wallet") : method ? "method" : "nothing", method } as const;
}

/** Decimal places of a currency. */
export function places(currency: string): number {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** Minor units of an amount that was typed, or null for what is none: not above 0, or finer than the currency. */
export function minorOf(typed: number | null, currency: string): number | null {
  if (typed === null || !(typed > 0)) return null;
  const exact = typed * 10 ** places(currency);
  const whole = Math.round(exact);
  return Math.abs(exact - whole) < 1e-6 && Number.isSafeInteger(whole) ? whole : null;
}

/** Amounts to tap, in minor units, none above what may be added at once. */
export const steps = (most: Amount): number[] =>
  [10, 25, 50, 100].map((n) => n * 10 ** places(most.currency)).filter((n) => n <= most.amount_minor);

export type Activity = { at: string } & ({ claim: Claim } | { payment: Payment });

/**
 * Claims and payments in one list, the newest first. A payment for a session is seen by its claim, and one by which nothing
 * was ever tried is left out.
 */
export function activity(claims: readonly Claim[], payments: readonly Payment[]): Activity[] {
  return [
    ...claims.map((claim) => ({ at: claim.created_at, claim })),
    ...payments
      .filter((p) => p.purpose !== "session" && (p.purpose !== "method" || p.status === "refused"))
      .map((payment) => ({ at: payment.created_at, payment })),
  ].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
