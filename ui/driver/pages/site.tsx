import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { duration, zoneName } from "#shared/format";
import { connectorWords } from "#shared/format/connector";
import { language, useT } from "#shared/i18n";
import { A, useGo, useParams } from "#shared/nav";
import { Button, ButtonLink, Icon, Loaded, StateMark, Switch, useNow, useProblemText } from "#shared/parts";
import { siteQuery } from "../data";
import { Page } from "../frame";
import { grouped } from "../logic/code";
import { addressLine, distanceText, metres, pointOf, routeLink } from "../logic/place";
import { ordered, plugNumber } from "../logic/plugs";
import { asSentence, offers } from "../logic/price";
import type { EvseCard, PlugPrice, Site } from "../logic/types";
import { Ahead } from "../parts/ahead";
import { Details } from "../parts/details";
import { FavouriteStar, useFavourite } from "../parts/favourite";
import { FreeLine } from "../parts/free";
import { useHelpline } from "../parts/helpline";
import { Line, whole } from "../parts/price";
import { usePosition } from "../position";

export default function SitePage() {
  const t = useT();
  const go = useGo();
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const site = useQuery(siteQuery(id));
  const s = site.data;
  return (
    <Page
      title={s?.name ?? t("page.site")}
      over={s && addressLine(s)}
      back={() => go("/")}
      action={<FavouriteStar site={id} />}
      dock={s && <Foot site={s} />}
    >
      <Loaded of={site}>{(data) => <Content site={data} />}</Loaded>
    </Page>
  );
}

function Content({ site }: { site: Site }) {
  const t = useT();
  const position = usePosition();
  const p = pointOf(site);
  const far = position.state === "known" && p ? distanceText(metres(position.at, p), language()) : null;
  return (
    <>
      <section>
        <FreeLine site={site} big />
        <Line>
          {[
            site.max_power_w > 0 && (
              <>
                <b>{t("site.upTo", { power: whole(site.max_power_w) })}</b> {connectorWords(site.connectors).join(", ")}
              </>
            ),
            far,
          ]}
        </Line>
      </section>
      <Prices site={site} />
      <section className="nopad">
        <h2 className="px-4 pt-2.5 pb-1">{t("site.plugs")}</h2>
        <ul>
          {ordered(site.evses).map((e) => (
            <Plug key={e.id} evse={e} site={site} />
          ))}
        </ul>
      </section>
      <Tell site={site} />
      <section>
        <ul className="links">
          <li>
            <A href={`/report?site=${encodeURIComponent(site.id)}`}>
              <Icon name="p1" />
              {t("site.report")}
              <Icon name="right" />
            </A>
          </li>
          <Share site={site} />
        </ul>
        <p className="t3 pt-2 text-sm">{t("site.zone", { zone: zoneName(site.time_zone), name: site.time_zone })}</p>
      </section>
    </>
  );
}

/** Every price of the site once, with the plugs it is for when they differ. */
function Prices({ site }: { site: Site }) {
  const t = useT();
  const prices = new Map<string, { of: PlugPrice; plugs: number[] }>();
  for (const e of ordered(site.evses)) {
    for (const { price } of offers(e, String)) {
      if (!price) continue;
      const key = `${price.tariff_id} ${price.tariff_version}`;
      const p = prices.get(key) ?? { of: price, plugs: [] };
      p.plugs.push(plugNumber(e, site.evses));
      prices.set(key, p);
    }
  }
  const all = [...prices.values()];
  return (
    <section aria-label={t("price.price")}>
      {all.length === 0 && <p>{t("price.none")}</p>}
      {all.map((p, i) => (
        <div key={i} className={i > 0 ? "pt-2" : ""}>
          {all.length > 1 && (
            <h3 className="t2 text-sm">{t("site.forPlugs", { plugs: p.plugs.sort((a, b) => a - b).join(", ") })}</h3>
          )}
          <p>
            <b>{asSentence(p.of.sentence)}</b>
          </p>
          <Ahead of={p.of} zone={site.time_zone} />
          <Details of={p.of.details} sentence={p.of.sentence} />
        </div>
      ))}
    </section>
  );
}

function Plug({ evse, site }: { evse: EvseCard; site: Site }) {
  const t = useT();
  const now = useNow(10_000);
  const words = connectorWords(evse.connectors.map((c) => c.standard)).join(", ");
  return (
    <li className="plugrow">
      <A href={`/e/${encodeURIComponent(evse.number || evse.id.replace("/", ":"))}`}>
        <span className="plugno">{plugNumber(evse, site.evses)}</span>
        <span className="min-w-0">
          <span className="flex flex-wrap items-center gap-x-2">
            <StateMark state={evse.state} blocking={evse.state === "finishing"} />
            {evse.since && (
              <span className="t3 text-sm">{t("site.since", { age: duration(now - Date.parse(evse.since)) })}</span>
            )}
          </span>
          <span className="block t2 text-sm">
            {[
              evse.max_power_w > 0 && whole(evse.max_power_w),
              words,
              evse.number && t("site.number", { number: grouped(evse.number) }),
            ]
              .filter(Boolean)
              .join(", ")}
          </span>
        </span>
        <Icon name="right" />
      </A>
    </li>
  );
}

function Tell({ site }: { site: Site }) {
  const t = useT();
  const text = useProblemText();
  const { driver, kept, keep, error } = useFavourite(site.id);
  if (!driver) return null;
  const on = kept?.tell_when_free ?? false;
  return (
    <section>
      <Switch label={t("favourite.tell")} checked={on} disabled={keep.isPending} onChange={(v) => keep.mutate(v)} />
      <p className="t2 text-sm">{site.evses_free > 0 && !on ? t("favourite.tellNow") : t("favourite.tellHow")}</p>
      {error && (
        <p className="tf text-sm" role="alert">
          {text(error)}
        </p>
      )}
    </section>
  );
}

function Share({ site }: { site: Site }) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  const url = `${location.origin}/app/site/${encodeURIComponent(site.id)}`;
  const share = async () => {
    try {
      if (navigator.share) return await navigator.share({ title: site.name, url });
      await navigator.clipboard.writeText(url);
      setCopied(true);
    } catch {
      // closed by the reader, or not allowed: nothing was shared and nothing is claimed
    }
  };
  return (
    <li>
      <button type="button" onClick={share}>
        <Icon name="copy" />
        <span aria-live="polite">{copied ? t("site.copied") : t("site.share")}</span>
      </button>
    </li>
  );
}

function Foot({ site }: { site: Site }) {
  const t = useT();
  const helpline = useHelpline();
  const route = routeLink(site, navigator.userAgent);
  return (
    <>
      <div className="twos">
        {route && (
          <ButtonLink href={route} icon="here">
            {t("site.route")}
          </ButtonLink>
        )}
        {helpline && (
          <ButtonLink href={helpline.href} icon="phone">
            {t("site.call")}
          </ButtonLink>
        )}
      </div>
      <GoCharge />
    </>
  );
}

function GoCharge() {
  const t = useT();
  const go = useGo();
  return (
    <Button go icon="qr" onClick={() => go("/start")}>
      {t("find.charge")}
    </Button>
  );
}
