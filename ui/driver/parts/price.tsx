import { Fragment, type ReactNode } from "react";
import { power } from "#shared/format";
import { connectorWords } from "#shared/format/connector";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { type Offer, offers, parts } from "../logic/price";
import type { EvseCard, SiteCard } from "../logic/types";

/** Facts on one line with thin rules between; what is missing leaves no gap. */
export function Line({ children }: { children: ReactNode[] }) {
  const parts = children.filter(Boolean);
  return (
    <p className="factline">
      {parts.map((c, i) => (
        <Fragment key={i}>
          {i > 0 && <i aria-hidden="true" />}
          <span>{c}</span>
        </Fragment>
      ))}
    </p>
  );
}

/** "150 kW CCS | €0.59 per kWh | 380 m", and what else it costs below. */
export function SiteFacts({ site, distance }: { site: SiteCard; distance?: string }) {
  const t = useT();
  const said = site.price ? parts(site.price.sentence) : null;
  const details = said && (said.more || site.price?.several);
  return (
    <>
      <Line>
        {[
          site.max_power_w > 0 && (
            <>
              <b>{whole(site.max_power_w)}</b> {connectorWords(site.connectors).join(", ")}
            </>
          ),
          said?.energy && <b>{said.energy}</b>,
          distance,
        ]}
      </Line>
      {!said && <p className="t2 text-sm">{t("price.none")}</p>}
      {said && (said.fees || details) && (
        <p className="t2 text-sm">
          {said.fees}{" "}
          {details && (
            <A href={`/site/${encodeURIComponent(site.id)}`} className="lk">
              {t("price.details")}
            </A>
          )}
        </p>
      )}
    </>
  );
}

/** "150 kW": whole kilowatts lose their decimal. */
export function whole(w: number): string {
  const m = power(w);
  return `${m.value.replace(/[.,]0$/, "")} ${m.unit}`;
}

/** The prices at an EVSE, with the connectors they are for where they differ. */
export function useOffers(evse: EvseCard): Offer[] {
  const t = useT();
  return offers(evse, (n, standard) => [t("evse.plugN", { n }), standard].filter(Boolean).join(" "));
}
