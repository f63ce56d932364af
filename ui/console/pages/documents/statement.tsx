import { day, kwh, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { Mark } from "#shared/parts";
import { zoneOf } from "../../../driver/logic/tape";
import "#shared/styles/fonts-driver.css";
import "../sessions/receipt.css";
import type { FullDocument } from "./types";

/** A driver's receipts and payments of a month. It bills nothing. */
export function Statement({ of: d }: { of: FullDocument }) {
  const t = useT();
  const zone = zoneOf(d.time_zone || "UTC");
  const a = d.account;
  if (!a) return null;
  const wallet = a.wallet_opening.amount_minor !== 0 || a.wallet_closing.amount_minor !== 0;
  return (
    <article className="sheet" aria-label={t("docs.kind.statement")}>
      <header>
        <p className="text-[20px] font-bold">{d.seller}</p>
        <p className="t2 text-sm text-right">{[d.country, d.seller_vat_id].filter(Boolean).join(", ")}</p>
      </header>
      <div className="ttl">
        <div>
          <h2>{t("docs.kind.statement")}</h2>
          <p className="t2">{t("sessions.invoice", { number: d.number, day: day(d.issued_at, zone) })}</p>
        </div>
        <p className="tot">
          <strong>{money(a.closing)}</strong>
          <span className="t2">{t("docs.closing")}</span>
        </p>
      </div>
      <p className="py-3">
        {t("docs.period", {
          from: day(a.from, zone),
          to: day(new Date(Date.parse(a.to) - 1).toISOString(), zone),
          count: a.sessions,
          kwh: kwh(a.energy_mwh / 1000),
        })}
      </p>
      <table className="lines">
        <thead>
          <tr>
            <th>{t("docs.day")}</th>
            <th>{t("docs.what")}</th>
            <th className="n">{t("docs.owed")}</th>
            {wallet && <th className="n">{t("docs.wallet")}</th>}
          </tr>
        </thead>
        <tbody>
          <tr>
            <td />
            <td>{t("docs.opening")}</td>
            <td className="n">{money(a.opening)}</td>
            {wallet && <td className="n">{money(a.wallet_opening)}</td>}
          </tr>
          {a.rows.map((r, i) => (
            <tr key={i}>
              <td>{day(r.at, zone)}</td>
              <td>{[t(`docs.row.${r.kind}`), r.number, r.site].filter(Boolean).join(", ")}</td>
              <td className="n">{money(r.owed)}</td>
              {wallet && <td className="n">{money(r.wallet)}</td>}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="total">
            <td />
            <td>{t("docs.closing")}</td>
            <td className="n">{money(a.closing)}</td>
            {wallet && <td className="n">{money(a.wallet_closing)}</td>}
          </tr>
        </tfoot>
      </table>
      {a.more && <p className="t2 pt-2">{t("docs.moreRows")}</p>}
      <footer className="t2">
        <p className="by">
          <Mark size={14} />
          {t("sessions.madeWith")}
        </p>
      </footer>
    </article>
  );
}
