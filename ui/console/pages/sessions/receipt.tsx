import { useQuery } from "@tanstack/react-query";
import { ApiProblem, get, seg } from "#shared/api/client";
import { clock, day, money, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, Empty, Icon, Loaded, Mark, Note, Pair, Pairs, Plate } from "#shared/parts";
import { tape, zoneOf } from "../../../driver/logic/tape";
import type { FullDocument } from "../documents/types";
import { taxText } from "../taxes/words";
import { useSentence } from "./data";
import { quantity, useDimension, useUnitPrice } from "./price";
import "#shared/styles/fonts-driver.css";
import "./receipt.css";
import type { Session } from "./types";

/** The receipt of a session as its driver has it, to read and to print. */
export default function Receipt({ of }: { of: Session }) {
  const t = useT();
  const q = useQuery({
    queryKey: ["/documents", of.id, of.updated_at],
    queryFn: ({ signal }) => get<FullDocument>(`/documents/${seg(of.id)}`, {}, signal),
    retry: false,
  });
  const absent = q.error instanceof ApiProblem && q.error.status === 404;
  return (
    <Plate className="col-span-full receiptplate">
      {absent ? (
        <Empty
          why={t(
            of.state !== "closed" ? "sessions.receiptOpen" : of.held ? "sessions.receiptHeld" : "sessions.receiptNone",
          )}
        />
      ) : (
        <Loaded of={q}>
          {(r) => (
            <>
              <p className="noprint sheetbar">
                <Button kind="primary" onClick={() => print()}>
                  {t("sessions.print")}
                </Button>
              </p>
              <Sheet r={r} />
            </>
          )}
        </Loaded>
      )}
    </Plate>
  );
}

/** A receipt, or a credit note, as paper. */
export function Sheet({ r }: { r: FullDocument }) {
  const t = useT();
  const title = r.credit ? t("docs.kind.credit_note") : t("sessions.receipt");
  const zone = zoneOf(r.time_zone);
  const brand = useQuery({
    queryKey: ["/branding"],
    queryFn: ({ signal }) => get<{ name: string; helpline: string; email: string }>("/branding", {}, signal),
    staleTime: 60_000,
  }).data;
  return (
    <article className="sheet" aria-label={title}>
      <header>
        <p className="text-[20px] font-bold">{brand?.name || r.seller}</p>
        <p className="t2 text-sm text-right">{[r.seller, r.country, r.seller_vat_id].filter(Boolean).join(", ")}</p>
      </header>
      <div className="ttl">
        <div>
          <h2>{title}</h2>
          <p className="t2">{t("sessions.invoice", { number: r.number, day: day(r.issued_at, zone) })}</p>
        </div>
        <p className="tot">
          <strong>{money(r.gross)}</strong>
          <span className="t2">{t("sessions.inclTax")}</span>
        </p>
      </div>
      {r.credit && (
        <p className="py-3">
          {t(r.credit.whole ? "docs.creditWhole" : "docs.creditPart", {
            number: r.credit.of,
            day: day(r.credit.of_issued_at, zone),
          })}{" "}
          {r.credit.reason}
        </p>
      )}
      {r.estimated && <Note>{t("sessions.receiptEstimated")}</Note>}
      <dl className="where">
        <dt>{t("sessions.whereAt")}</dt>
        <dd>{[r.site, r.address].filter(Boolean).join(", ")}</dd>
        <dt>{t("sessions.plug")}</dt>
        <dd>
          <span className="mono">{r.station_id}</span>, EVSE {r.evse_id}
        </dd>
        <dt>{t("sessions.when")}</dt>
        <dd>{`${day(r.started_at, zone)}, ${clock(r.started_at, zone)} – ${clock(r.stopped_at, zone)} (${r.time_zone})`}</dd>
        {r.buyer && (
          <>
            <dt>{t("taxes.buyer")}</dt>
            <dd>{[r.buyer.company, r.buyer.address, r.buyer.country, r.buyer.vat_id].filter(Boolean).join(", ")}</dd>
          </>
        )}
        <dt>{t("sessions.token")}</dt>
        <dd>{r.token_hint || t("sessions.guest")}</dd>
      </dl>
      <Strip r={r} zone={zone} />
      <Lines r={r} />
      {r.tax_note && <p className="my-2">{r.tax_note}</p>}
      <Proof r={r} />
      <Foot r={r} brand={brand} />
    </article>
  );
}

/** Power over the session as a strip. */
function Strip({ r, zone }: { r: FullDocument; zone: string }) {
  const t = useT();
  const [w, h] = [640, 50];
  const d = tape(r.power ?? [], r.started_at, r.stopped_at, w, h);
  if (!d) return null;
  return (
    <svg className="tape" viewBox={`0 0 ${w} 76`} role="img" aria-label={t("sessions.power")}>
      <path d={d.area} fill="var(--cw-energy-soft)" />
      <path d={d.line} fill="none" stroke="var(--cw-energy-fill)" strokeWidth={1.8} />
      {d.ticks.map((k, i) => (
        <path key={i} d={`M${Math.min(Math.max(k.x, 0.5), w - 0.5)} ${h}v${k.major ? 8 : 4}`} stroke="var(--cw-edge)" />
      ))}
      <path d={`M0 ${h}.5H${w}`} stroke="var(--cw-edge)" />
      <text className="ax" x={0} y={73}>
        {clock(r.started_at, zone, false)}
      </text>
      <text className="ax" x={w} y={73} textAnchor="end">
        {clock(r.stopped_at, zone, false)}
      </text>
    </svg>
  );
}

function Lines({ r }: { r: FullDocument }) {
  const t = useT();
  const dimension = useDimension();
  const unitPrice = useUnitPrice();
  return (
    <table className="lines">
      <thead>
        <tr>
          <th>{t("sessions.what")}</th>
          <th className="n">{t("sessions.quantity")}</th>
          <th className="n">{t("sessions.unitPrice")}</th>
          <th className="n">{t("sessions.amount")}</th>
        </tr>
      </thead>
      <tbody>
        {(r.lines ?? []).map((l, i) => (
          <tr key={i}>
            <td>{dimension(l.dimension)}</td>
            <td className="n">{l.quantity && quantity(l)}</td>
            <td className="n">{l.unit_price && unitPrice(l, r.gross.currency)}</td>
            <td className="n">{money(l.amount)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td colSpan={3}>{t("sessions.net")}</td>
          <td className="n">{money(r.net)}</td>
        </tr>
        {(r.taxes ?? []).map((x, i) => (
          <tr key={i}>
            <td colSpan={3}>{taxText(t, x, r.gross.currency)}</td>
            <td className="n">{money(x.tax)}</td>
          </tr>
        ))}
        <tr className="total">
          <td colSpan={3}>{t("sessions.totalIncl")}</td>
          <td className="n">{money(r.gross)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

function Proof({ r }: { r: FullDocument }) {
  const t = useT();
  const register = (mwh: number) => `${num(mwh / 1e6, 3)} kWh`;
  return (
    <section className="ev">
      <div>
        <h3>{t("sessions.meter")}</h3>
        <Pairs>
          <Pair name={t("sessions.registerFirst")}>{register(r.first_register_mwh)}</Pair>
          <Pair name={t("sessions.registerLast")}>{register(r.last_register_mwh)}</Pair>
          <Pair name={t("sessions.billedEnergy")}>
            <b>{register(r.energy_mwh)}</b>
          </Pair>
        </Pairs>
      </div>
      <div>
        <h3>{t("sessions.proof")}</h3>
        {r.signed_readings > 0 ? (
          <p className="st te">
            <Icon name="ok" />
            <span>{t("sessions.proofSigned", { count: r.signed_readings, n: num(r.signed_readings) })}</span>
          </p>
        ) : (
          <p className="t2">{t("sessions.proofNone")}</p>
        )}
      </div>
    </section>
  );
}

function Foot({ r, brand }: { r: FullDocument; brand?: { helpline: string; email: string } }) {
  const t = useT();
  const { sentence } = useSentence(r.tariff_id, r.tariff_version);
  const contact = [brand?.helpline, brand?.email].filter(Boolean).join(", ");
  return (
    <footer className="t2">
      <p>
        {t("sessions.tariffOnReceipt", {
          id: r.tariff_id,
          version: r.tariff_version.slice(0, 8),
          sentence: sentence || r.price,
        })}
      </p>
      {contact && <p>{t("sessions.questions", { contact })}</p>}
      <p className="by">
        <Mark size={14} />
        {t("sessions.madeWith")}
      </p>
    </footer>
  );
}
