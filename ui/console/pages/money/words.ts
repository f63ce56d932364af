import { has, type useT } from "#shared/i18n";
import type { Decline, Method } from "./types";

type T = ReturnType<typeof useT>;

/** The words of a code; one that is new to these pages as it is spelled. */
const known = (t: T, group: "kind" | "decline" | "outcome" | "dispute", code: string) =>
  has(`money.${group}.${code}`) ? t(`money.${group}.${code}`) : code.replaceAll("_", " ");

const brands: Record<string, string> = {
  visa: "Visa",
  mastercard: "Mastercard",
  amex: "American Express",
  maestro: "Maestro",
  vpay: "V Pay",
  discover: "Discover",
  diners: "Diners Club",
  jcb: "JCB",
  unionpay: "UnionPay",
};
const wallets: Record<string, string> = { apple_pay: "Apple Pay", google_pay: "Google Pay" };

/** What is paid with: "Visa …0011", "Visa …0002, Apple Pay", "Bank transfer". */
export function methodText(t: T, m: Method): string {
  if (!m.kind && !m.brand) return "–";
  const name = m.brand ? (brands[m.brand] ?? m.brand) : known(t, "kind", m.kind);
  return [m.last4 ? `${name} …${m.last4}` : name, m.wallet && (wallets[m.wallet] ?? m.wallet)]
    .filter(Boolean)
    .join(", ");
}

/** Why the bank said no, for a person. */
export const declineText = (t: T, d: Decline) =>
  has(`money.decline.${d.code}`) ? t(`money.decline.${d.code}`) : d.text || d.code.replaceAll("_", " ");

export const outcomeText = (t: T, outcome: string) => known(t, "outcome", outcome);
export const disputeReason = (t: T, reason: string) => known(t, "dispute", reason);

/** Why a claim is not paid. The server says it in English for staff; what these pages know is said in their language. */
export function claimReason(t: T, reason: string): string {
  if (reason === "no payment method is saved") return t("money.why.noMethod");
  if (reason === "the terminal has not told what it settled") return t("money.why.notTold");
  if (reason === "the terminal has not told for a day what it settled") return t("money.why.notToldLate");
  if (reason === "nobody known charged") return t("money.why.nobody");
  const no = /^the payment was (refused|released|expired)(?:: .* \(([\w-]+)\))?$/.exec(reason);
  if (no?.[2] && has(`money.decline.${no[2]}`)) return t("money.why.declined", { why: t(`money.decline.${no[2]}`) });
  if (no && !no[2]) return t(`money.why.${no[1]}`);
  if (reason.startsWith("the payment is strange")) return t("money.why.strange");
  if (reason.startsWith("the payment is unknown")) return t("money.why.unknown");
  return reason;
}
