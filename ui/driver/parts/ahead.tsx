import { clock, price } from "#shared/format";
import { useT } from "#shared/i18n";
import type { PlugPrice } from "../logic/types";

/** What a kWh costs now, and the next times at which that changes; nothing of a price that follows no exchange. */
export function Ahead({ of, zone }: { of: PlugPrice; zone: string }) {
  const t = useT();
  const [now, ...later] = of.per_kwh_ahead ?? [];
  if (!now) return null;
  return (
    <p className="t2">
      {t("price.now", { price: price(now[1], of.currency) })}
      {later.slice(0, 3).map(([at, p]) => (
        <span key={at}>
          {", "}
          {t("price.from", { time: clock(at, zone, false), price: price(p, of.currency) })}
        </span>
      ))}
    </p>
  );
}
