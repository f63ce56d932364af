import { useState } from "react";
import { post } from "#shared/api/client";
import { money, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, NumberField, ProblemBox, TextField } from "#shared/parts";
import { useDeed } from "../admin/form";
import { dayIn, instant } from "../sessions/logic";
import { quantity, useDimension, useUnitPrice } from "../sessions/price";
import { type Ocpi, rateFile } from "./logic";

export interface Rated {
  currency: string;
  lines: { dimension: string; quantity: string; unit: string; unit_price: string; amount_minor: number }[] | null;
  invoice: {
    tax_groups: { taxes: { name: string; percent?: string; amount_minor: number }[] | null }[] | null;
    net_minor: number;
    tax_minor: number;
    gross_minor: number;
  };
}

/** What a session would cost by a tariff. Nothing is kept. */
export function TryPrice({ of, zone }: { of: Ocpi; zone: string }) {
  const t = useT();
  const deed = useDeed();
  const [kwh, setKwh] = useState<number | null>(30);
  const [start, setStart] = useState(`${dayIn(zone, Date.now())}T18:00`);
  const [charging, setCharging] = useState<number | null>(45);
  const [parked, setParked] = useState<number | null>(0);
  const [rated, setRated] = useState<Rated | null>(null);
  const at = instant(start, zone);
  const ready = at !== undefined && (kwh ?? -1) >= 0 && (charging ?? 0) > 0;
  const run = () =>
    deed.run(async () => {
      setRated(null);
      setRated(
        await post<Rated>(
          "/tariffs/rate",
          rateFile(of, zone, { start: at ?? "", kwh: kwh ?? 0, charging: charging ?? 0, parked: parked ?? 0 }),
        ),
      );
    });
  return (
    <form
      className="grid gap-3"
      onSubmit={(e) => {
        e.preventDefault();
        if (ready) void run();
      }}
    >
      <div className="grid grid-cols-2 gap-3">
        <NumberField label={t("tariffs.energy")} unit="kWh" value={kwh} onChange={setKwh} />
        <TextField label={t("tariffs.start")} type="datetime-local" value={start} onChange={setStart} />
        <NumberField label={t("tariffs.charging")} unit="min" value={charging} onChange={setCharging} />
        <NumberField label={t("tariffs.parked")} unit="min" value={parked} onChange={setParked} />
      </div>
      <p className="flex items-center gap-3">
        <Button type="submit" kind="primary" busy={deed.busy} disabled={!ready}>
          {t("tariffs.price")}
        </Button>
        <span className="t3 text-sm">{t("time.zone", { zone })}</span>
      </p>
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <div aria-live="polite">{rated && <Result of={rated} />}</div>
    </form>
  );
}

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
            <td>{`${x.name}${x.percent ? ` ${num(Number(x.percent), Number(x.percent) % 1 ? 1 : 0)} %` : ""}`}</td>
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
