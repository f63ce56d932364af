import { num, price } from "#shared/format";
import type { useT } from "#shared/i18n";

/** A tax as an answer has it; with per_kwh its percent counts for nothing. */
interface Tax {
  name: string;
  percent?: string;
  per_kwh?: string;
}

/** A percentage without zeros at its end. */
export const percentText = (percent: string | number) => {
  const p = String(Number(percent));
  return num(Number(p), p.split(".")[1]?.length ?? 0);
};

/** What a tax takes: "VAT 19 %", "Excise €0.026 per kWh". */
export function taxText(t: ReturnType<typeof useT>, x: Tax, currency: string): string {
  if (x.per_kwh) return t("taxes.takesPerKWh", { name: x.name, amount: price(x.per_kwh, currency) });
  return x.percent ? t("taxes.takes", { name: x.name, percent: percentText(x.percent) }) : x.name;
}
