import { type Amount, day, kwh, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { Mark } from "#shared/parts";
import { zoneOf } from "../logic/tape";

/** What happened to a driver's account in a month. */
export interface AccountOf {
  from: string;
  /** Exclusive. */
  to: string;
  opening: Amount;
  closing: Amount;
  wallet_opening: Amount;
  wallet_closing: Amount;
  sessions: number;
  energy_mwh: number;
  rows: { at: string; kind: string; number: string; site: string; owed: Amount; wallet: Amount }[];
  more: boolean;
}

const kinds = ["settlement", "credit", "wallet", "payment", "refund", "claim"];

export function Statement({
  r,
  of: a,
  brand,
  helpline,
}: {
  r: { number: string; issued_at: string; seller: string; time_zone: string };
  of: AccountOf;
  brand: string;
  helpline: string;
}) {
  const t = useT();
  const zone = zoneOf(r.time_zone);
  const last = new Date(Date.parse(a.to) - 1);
  return (
    <article className="receipt">
      <header>
        <p className="text-head">
          <b>{brand || r.seller}</b>
        </p>
        <p className="t2 text-sm">{r.seller}</p>
      </header>
      <div className="ttl">
        <div>
          <h2>{t("receipt.kinds.statement")}</h2>
          <p className="t2">{t("receipt.number", { number: r.number, date: day(r.issued_at, zone) })}</p>
        </div>
        <p className="t2">
          {t("receipt.span", { from: day(a.from, zone), to: day(last, zone) })}
          <br />
          {t("receipt.sessions", { count: a.sessions, energy: `${kwh(a.energy_mwh / 1000)} kWh` })}
        </p>
      </div>
      <table className="lines mt-3">
        <thead>
          <tr>
            <th scope="col">{t("receipt.what")}</th>
            <th scope="col" className="n">
              {t("receipt.owed")}
            </th>
            <th scope="col" className="n">
              {t("receipt.ahead")}
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>{t("receipt.opening")}</td>
            <td className="n">{money(a.opening)}</td>
            <td className="n">{money(a.wallet_opening)}</td>
          </tr>
          {a.rows.map((x, i) => (
            <tr key={i}>
              <td>
                {t(`receipt.row.${kinds.includes(x.kind) ? x.kind : "other"}`)}
                <span className="t2 block text-sm">
                  {[day(x.at, zone), x.site, x.number].filter(Boolean).join(", ")}
                </span>
              </td>
              <td className="n">{change(x.owed)}</td>
              <td className="n">{change(x.wallet)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="grand">
            <td>{t("receipt.closing")}</td>
            <td className="n">{money(a.closing)}</td>
            <td className="n">{money(a.wallet_closing)}</td>
          </tr>
        </tfoot>
      </table>
      {a.more && <p className="t2 pt-2 text-sm">{t("receipt.moreRows")}</p>}
      <p className="t2 pt-2 text-sm">{t("receipt.statementHow")}</p>
      <footer className="t2">
        {helpline && <p>{t("receipt.questions", { phone: helpline })}</p>}
        <p className="flex items-center gap-1.5">
          <Mark size={14} />
          {t("shell.made")}
        </p>
      </footer>
    </article>
  );
}

/** A change of a balance, with its sign; nothing where nothing changed. */
const change = (a: Amount) => (a.amount_minor === 0 ? "" : `${a.amount_minor > 0 ? "+" : ""}${money(a)}`);
