import { useT } from "#shared/i18n";
import type { PayMethod } from "../logic/pay";

const brands: Record<string, string> = {
  ...{ visa: "Visa", mastercard: "Mastercard", amex: "American Express", maestro: "Maestro", girocard: "girocard" },
  ...{ apple_pay: "Apple Pay", google_pay: "Google Pay", ideal: "iDEAL", paypal: "PayPal", sepa_debit: "SEPA" },
};

/** What a method is called: "Visa ending 4242", "Apple Pay ending 0002", "iDEAL". */
export function useMethodName() {
  const t = useT();
  return (m: PayMethod): string => {
    const of = m.wallet || m.brand || (m.kind === "card" ? "" : m.kind);
    const name = of ? (brands[of] ?? of.charAt(0).toUpperCase() + of.slice(1)) : t("pay.card");
    return m.last4 ? t("pay.ending", { name, last4: m.last4 }) : name;
  };
}
