import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, post, prefix, seg } from "#shared/api/client";
import { type Amount, clock, day, kwh, money, price, zoneName } from "#shared/format";
import { language, useT } from "#shared/i18n";
import { A, useGo, useParams } from "#shared/nav";
import { Button, ButtonLink, Icon, Loaded, Mark, Note, useProblemText } from "#shared/parts";
import { configQuery, useDriver } from "../data";
import { Page } from "../frame";
import { type DocumentRow, givenBack, replacedBy } from "../logic/document";
import { asSentence } from "../logic/price";
import { zoneOf } from "../logic/tape";
import { NeedSignIn } from "../parts/need";
import { OfflineNote } from "../parts/offline";
import { type AccountOf, Statement } from "../parts/statement";
import { Tape } from "../parts/tape";

export interface Receipt extends DocumentRow {
  net: Amount;
  tax: Amount;
  seller: string;
  country: string;
  site: string;
  address: string;
  time_zone: string;
  station_id: string;
  evse_id: number;
  token_hint: string;
  started_at: string;
  stopped_at: string;
  stop_reason: string;
  estimated: boolean;
  energy_mwh: number;
  first_register_mwh: number;
  last_register_mwh: number;
  signed_readings: number;
  tariff_id: string;
  tariff_version: string;
  price: string;
  lines: { dimension: string; quantity: string; unit: string; unit_price: string; amount: Amount }[] | null;
  taxes: { name: string; percent: string; per_kwh?: string; net: Amount; tax: Amount; gross: Amount }[] | null;
  seller_vat_id?: string;
  tax_note?: string;
  buyer?: { company: string; address: string; country: string; vat_id: string } | null;
  power: { start: string; end: string; w: number }[] | null;
  credit?: { of: string; of_issued_at: string; reason: string; whole: boolean } | null;
  account?: AccountOf | null;
  related?: DocumentRow[];
}

export default function ReceiptPage() {
  const t = useT();
  const go = useGo();
  const { known, driver } = useDriver();
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const signedOut = known && !driver;
  const q = useQuery({
    queryKey: ["me", "receipts", id],
    queryFn: ({ signal }) => get<Receipt>(`/me/documents/${seg(id)}`, {}, signal),
    staleTime: 60 * 60_000,
    enabled: !signedOut,
  });
  return (
    <Page
      title={q.data ? t(`receipt.kinds.${q.data.kind}`) : t("page.receipt")}
      back={() => go(q.data && q.data.kind !== "receipt" ? "/receipts" : "/sessions")}
      dock={
        q.data && (
          <div className="flex gap-2 [&>*]:grow">
            <ButtonLink go download href={`${prefix}/me/documents/${seg(q.data.id)}/pdf`}>
              {t("receipt.pdf")}
            </ButtonLink>
            <Share id={q.data.id} name={`${t(`receipt.kinds.${q.data.kind}`)} ${q.data.number}`} />
          </div>
        )
      }
    >
      <OfflineNote />
      {signedOut ? <NeedSignIn why={t("receipt.signIn")} /> : <Loaded of={q}>{(r) => <Sheet r={r} />}</Loaded>}
    </Page>
  );
}

/** Makes a link to the document and hands it on; where nothing can, shows it. */
function Share({ id, name }: { id: string; name: string }) {
  const t = useT();
  const say = useProblemText();
  const [shown, show] = useState("");
  const share = useMutation({
    mutationFn: async () => {
      const { url } = await post<{ url: string }>(`/me/documents/${seg(id)}/links`, {});
      try {
        if (navigator.share) await navigator.share({ title: name, url });
        else show(url);
      } catch {
        show(url);
      }
    },
  });
  if (share.isError) return <Note>{say(share.error)}</Note>;
  if (shown)
    return (
      <p className="text-sm min-w-0">
        <span className="mono block break-all select-all">{shown}</span>
        {t("receipt.linkHolds")}
      </p>
    );
  return (
    <Button go busy={share.isPending} onClick={() => share.mutate()}>
      {t("receipt.share")}
    </Button>
  );
}

function Sheet({ r }: { r: Receipt }) {
  const t = useT();
  const brand = useQuery(configQuery).data?.brand;
  const zone = zoneOf(r.time_zone);
  const lines = r.lines ?? [];
  const taxes = r.taxes ?? [];
  const gross = r.tax.amount_minor !== 0;
  const credit = r.kind === "credit_note";
  if (r.account) return <Statement r={r} of={r.account} brand={brand?.name ?? ""} helpline={brand?.helpline ?? ""} />;
  const counted = r.energy_mwh !== r.last_register_mwh - r.first_register_mwh;
  return (
    <article className="receipt">
      <header>
        <p className="text-head">
          <b>{brand?.name || r.seller}</b>
        </p>
        <p className="t2 text-sm">
          {r.seller}
          {r.country && `, ${t("receipt.country", { country: r.country })}`}
          {r.seller_vat_id && `, ${r.seller_vat_id}`}
        </p>
      </header>
      <div className="ttl">
        <div>
          <h2>{t(`receipt.kinds.${r.kind}`)}</h2>
          <p className="t2">{t("receipt.number", { number: r.number, date: day(r.issued_at, zone) })}</p>
        </div>
        <p className="tot">
          <strong>{money(credit ? { ...r.gross, amount_minor: -r.gross.amount_minor } : r.gross)}</strong>
          <span className="t2 text-sm">{t(gross ? "receipt.taxIncluded" : "receipt.noTax")}</span>
        </p>
      </div>
      {r.credit && (
        <p className="pt-3">
          {t(r.credit.whole ? "receipt.creditsWhole" : "receipt.creditsPart", {
            number: r.credit.of,
            date: day(r.credit.of_issued_at, zone),
          })}{" "}
          {r.credit.reason && (
            <>
              {t("receipt.creditReason")} <q>{r.credit.reason}</q>
            </>
          )}
        </p>
      )}
      <Related r={r} />
      {r.estimated && !credit && <Note>{t("receipt.estimated")}</Note>}
      <dl className="where">
        <dt>{t("receipt.where")}</dt>
        <dd>{[r.site, r.address].filter(Boolean).join(", ")}</dd>
        <dt>{t("receipt.plug")}</dt>
        <dd>
          <span className="mono">{r.station_id}</span>, {t("evse.title", { n: r.evse_id })}
        </dd>
        <dt>{t("receipt.when")}</dt>
        <dd>
          {t("receipt.period", {
            day: day(r.started_at, zone),
            from: clock(r.started_at, zone),
            to: clock(r.stopped_at, zone),
            zone: zoneName(zone, r.stopped_at),
          })}
        </dd>
        {r.buyer && (
          <>
            <dt>{t("receipt.buyer")}</dt>
            <dd>{[r.buyer.company, r.buyer.address, r.buyer.country, r.buyer.vat_id].filter(Boolean).join(", ")}</dd>
          </>
        )}
        {r.token_hint && (
          <>
            <dt>{t("receipt.token")}</dt>
            <dd className="mono">…{r.token_hint.replace(/^…+/, "")}</dd>
          </>
        )}
      </dl>
      {!credit && (
        <>
          <div className="wideonly">
            <Tape r={r} />
          </div>
          <div className="narrowonly">
            <Tape r={r} width={328} />
          </div>
        </>
      )}
      <table className="lines">
        <thead>
          <tr>
            <th scope="col">{t("receipt.what")}</th>
            <th scope="col" className="n">
              {t("receipt.quantity")}
            </th>
            <th scope="col" className="n">
              {t("receipt.price")}
            </th>
            <th scope="col" className="n">
              {t("receipt.amount")}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((l, i) => (
            <tr key={i}>
              <td>{t(`receipt.line.${dimension(l.dimension)}`)}</td>
              <td className="n">{quantity(l.quantity, l.unit)}</td>
              <td className="n">
                {Number(l.unit_price) === 0 && l.amount.amount_minor !== 0
                  ? ""
                  : price(l.unit_price, l.amount.currency)}
              </td>
              <td className="n">{money(l.amount)}</td>
            </tr>
          ))}
          {lines.length === 0 && (
            <tr>
              <td colSpan={4}>{t("receipt.nothing")}</td>
            </tr>
          )}
        </tbody>
        <tfoot>
          <tr>
            <td colSpan={3}>{t("receipt.net")}</td>
            <td className="n">{money(r.net)}</td>
          </tr>
          {taxes.map((x) => (
            <tr key={x.name + x.percent}>
              <td colSpan={3}>
                {x.per_kwh
                  ? t("receipt.taxPerKWh", { name: x.name, amount: price(x.per_kwh, x.tax.currency) })
                  : t("receipt.tax", {
                      name: x.name,
                      percent: Number(x.percent).toLocaleString(language()),
                      net: money(x.net),
                    })}
              </td>
              <td className="n">{money(x.tax)}</td>
            </tr>
          ))}
          <tr className="grand">
            <td colSpan={3}>{t(credit ? "receipt.totalBack" : gross ? "receipt.totalTax" : "receipt.total")}</td>
            <td className="n">{money(r.gross)}</td>
          </tr>
        </tfoot>
      </table>
      {r.tax_note && <p>{r.tax_note}</p>}
      {!credit && <Evidence r={r} counted={counted} />}
      <footer className="t2">
        <p>
          {t("receipt.tariff")} <span className="mono">{r.tariff_id}</span>,{" "}
          <span className="mono">{r.tariff_version.slice(0, 12)}</span>. {asSentence(r.price)}
        </p>
        {brand?.helpline && <p>{t("receipt.questions", { phone: brand.helpline })}</p>}
        <p className="flex items-center gap-1.5">
          <Mark size={14} />
          {t("shell.made")}
        </p>
      </footer>
    </article>
  );
}

/** Meter and proof. */
function Evidence({ r, counted }: { r: Receipt; counted: boolean }) {
  const t = useT();
  return (
    <div className="ev">
      <section>
        <h3>{t("receipt.meter")}</h3>
        <dl className="kv">
          <dt>{t("receipt.atStart")}</dt>
          <dd>{mwh(r.first_register_mwh)}</dd>
          <dt>{t("receipt.atEnd")}</dt>
          <dd>{mwh(r.last_register_mwh)}</dd>
          <dt>{t("receipt.difference")}</dt>
          <dd>
            {counted ? (
              mwh(r.last_register_mwh - r.first_register_mwh)
            ) : (
              <b>{mwh(r.last_register_mwh - r.first_register_mwh)}</b>
            )}
          </dd>
          {counted && (
            <>
              <dt>{t("receipt.counted")}</dt>
              <dd>
                <b>{mwh(r.energy_mwh)}</b>
              </dd>
            </>
          )}
        </dl>
        {counted && <p className="t2 text-sm">{t("receipt.countedWhy")}</p>}
      </section>
      <section>
        <h3>{t("receipt.proof")}</h3>
        {r.signed_readings > 0 ? (
          <p className="te flex items-center gap-1.5">
            <Icon name="ok" />
            <b>{t("receipt.signed", { count: r.signed_readings })}</b>
          </p>
        ) : (
          <p className="t2 text-sm">{t("receipt.unsigned")}</p>
        )}
        {r.stop_reason && (
          <p className="t2 text-sm">
            {t("receipt.reason")} <q className="mono">{r.stop_reason}</q>
          </p>
        )}
        <p className="t2 text-sm break-all">
          {t("receipt.session")} <span className="mono">{r.session_id}</span>
        </p>
      </section>
    </div>
  );
}

/** What else there is of the session: corrections and credit notes. */
function Related({ r }: { r: Receipt }) {
  const t = useT();
  const related = r.related ?? [];
  const now = replacedBy(r, related);
  const back = givenBack(r, related);
  if (related.length === 0) return null;
  return (
    <div className="noprint grid gap-1 pt-3">
      {now && <Note>{t("receipt.replaced", { number: now.number })}</Note>}
      {!now && back > 0 && <Note>{t("receipt.gaveBack", { amount: money({ ...r.gross, amount_minor: back }) })}</Note>}
      <ul>
        {related.map((d) => (
          <li key={d.id}>
            <A className="lk" href={`/receipts/${seg(d.id)}`}>
              {t(`receipt.kinds.${d.kind}`)} {d.number}
            </A>
            , {day(d.issued_at, zoneOf(r.time_zone))},{" "}
            {money(d.kind === "credit_note" ? { ...d.gross, amount_minor: -d.gross.amount_minor } : d.gross)}
          </li>
        ))}
      </ul>
    </div>
  );
}

const mwh = (x: number) => `${kwh(x / 1000, 3)} kWh`;

const dimensions = ["ENERGY", "TIME", "PARKING_TIME", "FLAT", "MIN_PRICE", "MAX_PRICE", "RESERVATION"];
const dimension = (d: string) => (dimensions.includes(d.toUpperCase()) ? d.toUpperCase() : "other");

/** A quantity with its unit; energy keeps three decimals, what is counted loses empty ones. */
function quantity(q: string, unit: string): string {
  const n = Number(q);
  const digits = unit === "kWh" ? 3 : Number.isInteger(n) ? 0 : 2;
  return `${new Intl.NumberFormat(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(n)} ${unit}`.trim();
}
