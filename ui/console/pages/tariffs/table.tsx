import { num, price } from "#shared/format";
import { language, useT } from "#shared/i18n";
import { Wide } from "#shared/parts";
import { useDimension } from "../sessions/price";
import { percentText } from "../taxes/words";
import { type Component, dimensionsOf, type Ocpi, whenParts } from "./logic";

/** The elements of a tariff: when each holds, and what it costs then. The first that fits is taken. */
export function PriceTable({ of }: { of: Ocpi }) {
  const t = useT();
  const dimension = useDimension();
  const elements = of.elements ?? [];
  const dims = dimensionsOf(elements);
  const dayName = (n: number) =>
    new Intl.DateTimeFormat(language(), { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + n));
  const currency = of.currency ?? "EUR";
  return (
    <Wide label={t("tariffs.prices")}>
      <table className="w-full">
        <thead>
          <tr className="text-left t2 text-sm">
            <th className="pr-4 font-medium">{t("tariffs.whenHead")}</th>
            {dims.map((d) => (
              <th key={d} className="pl-4 font-medium text-right">
                {dimension(d)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {elements.map((e, i) => {
            const when = whenParts(e.restrictions, (k, w) => t(`tariffs.when.${k}`, w), dayName);
            return (
              <tr key={i} className="border-t border-line align-baseline">
                <td className="py-1 pr-4">
                  {when.length ? when.join(", ") : t(i > 0 ? "tariffs.otherwise" : "tariffs.always")}
                </td>
                {dims.map((d) => (
                  <td key={d} className="py-1 pl-4 text-right">
                    {(e.price_components ?? [])
                      .filter((c) => c.type === d)
                      .map((c, n) => (
                        <PriceCell key={n} of={c} currency={currency} />
                      ))}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Wide>
  );
}

function PriceCell({ of: c, currency }: { of: Component; currency: string }) {
  const t = useT();
  const per = { ENERGY: "kWh", TIME: "h", PARKING_TIME: "h" }[c.type];
  const p = price(String(c.price), currency);
  const said = per ? t("sessions.per", { price: p, unit: per }) : p;
  return (
    <span className="block whitespace-nowrap">
      <b>{c.spot ? t("tariffs.follows", { index: c.spot.index ?? "", price: said }) : said}</b>
      <span className="t3 text-sm block">
        {[
          c.vat !== undefined && c.vat !== null && t("tariffs.vat", { n: percentText(c.vat) }),
          c.step_size !== undefined && c.step_size > 1 && step(t, c),
        ]
          .filter(Boolean)
          .join(", ")}
      </span>
    </span>
  );
}

const step = (t: ReturnType<typeof useT>, c: Component) =>
  c.type === "ENERGY"
    ? t("tariffs.stepWh", { n: num(c.step_size) })
    : (c.step_size ?? 0) % 60 === 0
      ? t("tariffs.stepMin", { n: num((c.step_size ?? 0) / 60) })
      : t("tariffs.stepS", { n: num(c.step_size) });
