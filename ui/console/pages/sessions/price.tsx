import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, seg } from "#shared/api/client";
import { clock, kwh, moment, money, num, price } from "#shared/format";
import { has, languageName, useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, Icon, Loaded, Note } from "#shared/parts";
import { taxText } from "../taxes/words";
import { usePrice, useSentence } from "./data";
import type { PriceAudit, PriceLine, Session, ShownPrice } from "./types";
import { flagText } from "./words";

/** A quantity of a line: "12.345 kWh", "7 min"; hours are given in minutes. */
export function quantity(l: { quantity: string; unit: string }): string {
  const n = Number(l.quantity);
  if (l.unit === "kWh") return `${kwh(n * 1000, 3)} kWh`;
  if (l.unit === "h") {
    const min = Math.round(n * 600) / 10;
    return `${num(min, min % 1 ? 1 : 0)} min`;
  }
  const decimals = Math.min(l.quantity.split(".")[1]?.replace(/0+$/, "").length ?? 0, 3);
  return `${num(n, decimals)} ${l.unit}`.trim();
}

/** A price with its unit: "€0.59 per kWh". */
export function useUnitPrice() {
  const t = useT();
  return (l: { unit: string; unit_price: string }, currency: string) =>
    l.unit === "kWh" || l.unit === "h"
      ? t("sessions.per", { price: price(l.unit_price, currency), unit: l.unit })
      : price(l.unit_price, currency);
}

export function useDimension() {
  const t = useT();
  return (d: string) => (has(`sessions.dimension.${d}`) ? t(`sessions.dimension.${d}`) : d);
}

/** How the price of a session comes about, line by line. */
export function PriceLines({ of, zone }: { of: Session; zone: string }) {
  const t = useT();
  const dimension = useDimension();
  const unitPrice = useUnitPrice();
  const q = usePrice(of);
  const { sentence } = useSentence(of.tariff_id, of.tariff_version);
  const when = (l: PriceLine) =>
    l.from && l.to
      ? ` ${t("sessions.between", { from: clock(l.from, zone, false), to: clock(l.to, zone, false) })}`
      : "";
  return (
    <Loaded of={q}>
      {(p) => {
        const currency = p.currency || p.lines[0]?.amount.currency || "EUR";
        const money1 = (minor: number) => money({ amount_minor: minor, currency });
        return (
          <>
            {p.held_because.length > 0 && (
              <Note>{t("sessions.heldBecause", { why: p.held_because.map((f) => flagText(t, f)).join(", ") })}</Note>
            )}
            {!of.tariff_id ? (
              <p className="t2">{t("sessions.noTariff")}</p>
            ) : p.lines.length === 0 && p.held_because.length === 0 ? (
              <p className="t2">{t("sessions.noLines")}</p>
            ) : (
              <table className="w-full">
                <caption className="vh">{t("sessions.price")}</caption>
                <tbody>
                  {p.lines.map((l, i) => (
                    <tr key={i} className="align-baseline">
                      <td className="py-0.5 pr-3">
                        {t("sessions.line", {
                          what: dimension(l.dimension),
                          quantity: quantity(l),
                          price: unitPrice(l, currency),
                        })}
                        <span className="t3">{when(l)}</span>
                      </td>
                      <td className="py-0.5 text-right whitespace-nowrap">{money(l.amount)}</td>
                    </tr>
                  ))}
                  {p.lines.length > 0 && (
                    <tr>
                      <td className="pt-1 font-semi border-t border-line">
                        {t(p.final ? "sessions.totalFinal" : "sessions.totalSoFar")}
                      </td>
                      <td className="pt-1 font-semi border-t border-line text-right">{money1(p.gross_minor)}</td>
                    </tr>
                  )}
                  {p.taxes.map((x, i) => (
                    <tr key={i} className="t2">
                      <td>{t("sessions.ofThisTax", { tax: taxText(t, x, currency) })}</td>
                      <td className="text-right">{money1(x.amount_minor)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
            {of.tariff_id && (
              <p className="t3 text-sm mt-2">
                {sentence || p.sentence}
                {(sentence || p.sentence) && ". "}
                <A
                  className="lk"
                  href={`/tariffs/${encodeURIComponent(p.tariff_id)}?version=${encodeURIComponent(p.tariff_version)}`}
                >
                  {t("sessions.tariff", { id: p.tariff_id })}
                </A>
                {", "}
                {t("sessions.bound", { version: p.tariff_version.slice(0, 8), at: moment(p.bound_at, zone) })}
              </p>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

/** The price as the driver was told it, and whether that is what was billed. */
export function PriceShown({ of, zone }: { of: Session; zone: string }) {
  const t = useT();
  return (
    <Loaded of={usePrice(of)}>
      {(p) => (
        <>
          {p.shown && p.shown.words.join("") !== "" ? (
            <Told of={p.shown} zone={zone} />
          ) : (
            <p className="t2">{t("sessions.shown.notKept")}</p>
          )}
          {p.final && of.cost && <Audit key={of.id} id={of.id} />}
        </>
      )}
    </Loaded>
  );
}

function Told({ of: s, zone }: { of: ShownPrice; zone: string }) {
  const t = useT();
  const [sentence, ...details] = s.words;
  return (
    <>
      <blockquote lang={s.language} className="border-l-2 border-line pl-3">
        <p className="font-semi">{sentence}</p>
        {details.length > 0 && (
          <ul className="t2 text-sm">
            {details.map((d, i) => (
              <li key={i}>{d}</li>
            ))}
          </ul>
        )}
      </blockquote>
      <p className="t2 text-sm mt-1">
        {t(`sessions.shown.${s.how}`, { at: moment(s.at, zone), language: languageName(s.language) })}
        {s.legal_profile && ` ${t("sessions.shown.law", { law: t(`station.laws.${s.legal_profile}`) })}`}
      </p>
    </>
  );
}

/** Compares, when it is asked to, what was shown with what was billed. */
function Audit({ id }: { id: string }) {
  const t = useT();
  const [asked, ask] = useState(false);
  const q = useQuery({
    queryKey: ["/sessions", id, "price-audit"],
    queryFn: ({ signal }) => get<PriceAudit>(`/sessions/${seg(id)}/price-audit`, {}, signal),
    enabled: asked,
  });
  if (!asked) {
    return (
      <p className="mt-3">
        <Button small onClick={() => ask(true)}>
          {t("sessions.audit.run")}
        </Button>
      </p>
    );
  }
  return (
    <div className="mt-3" aria-live="polite">
      <Loaded of={q}>
        {(a) => (
          <>
            <p className={`st font-semi ${a.ok ? "te" : "tf"}`}>
              <Icon name={a.ok ? "ok" : "no"} size={14} />
              <span>{t(a.ok ? "sessions.audit.same" : "sessions.audit.differs")}</span>
            </p>
            <ul className="mt-1 text-sm">
              {a.findings.map((x) => (
                <li key={x.what} className="flex gap-2 items-baseline">
                  <Icon
                    name={x.ok ? "ok" : "no"}
                    size={12}
                    className={x.ok ? "te" : "tf"}
                    label={t(x.ok ? "sessions.audit.yes" : "sessions.audit.no")}
                  />
                  <span className="min-w-0 break-words">
                    {has(`sessions.audit.${x.what}`) ? t(`sessions.audit.${x.what}`) : x.what.replaceAll("_", " ")}
                    {x.detail && <span className="block mono tf">{x.detail}</span>}
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
    </div>
  );
}
