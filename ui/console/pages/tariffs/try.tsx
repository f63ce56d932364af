import { money } from "#shared/format";
import { useT } from "#shared/i18n";
import { quantity, useDimension, useUnitPrice } from "../sessions/price";
import { taxText } from "../taxes/words";

/** A rating of the server: that of POST /tariffs/simulate. */
export interface Rated {
  currency: string;
  lines: { dimension: string; quantity: string; unit: string; unit_price: string; amount_minor: number }[] | null;
  invoice: {
    tax_groups: { taxes: { name: string; percent?: string; per_kwh?: string; amount_minor: number }[] | null }[] | null;
    net_minor: number;
    tax_minor: number;
    gross_minor: number;
  };
}

/** What a session would cost, line by line. */
export function Result({ of: r }: { of: Rated }) {
  const t = useT();
  const dimension = useDimension();
  const unitPrice = useUnitPrice();
  const m = (amount_minor: number) => money({ amount_minor, currency: r.currency });
  const taxes = (r.invoice.tax_groups ?? []).flatMap((g) => g.taxes ?? []);
  return (
    <table className="w-full">
      <caption className="vh">{t("tariffs.result")}</caption>
      <tbody>
        {(r.lines ?? []).map((l, i) => (
          <tr key={i}>
            <td>
              {t("sessions.line", {
                what: dimension(l.dimension),
                quantity: quantity(l),
                price: unitPrice(l, r.currency),
              })}
            </td>
            <td className="text-right whitespace-nowrap">{m(l.amount_minor)}</td>
          </tr>
        ))}
        <tr className="t2">
          <td className="border-t border-line">{t("sessions.net")}</td>
          <td className="text-right border-t border-line">{m(r.invoice.net_minor)}</td>
        </tr>
        {taxes.map((x, i) => (
          <tr key={i} className="t2">
            <td>{taxText(t, x, r.currency)}</td>
            <td className="text-right">{m(x.amount_minor)}</td>
          </tr>
        ))}
        <tr>
          <td>
            <b>{t("sessions.totalIncl")}</b>
          </td>
          <td className="text-right">
            <b>{m(r.invoice.gross_minor)}</b>
          </td>
        </tr>
      </tbody>
    </table>
  );
}
