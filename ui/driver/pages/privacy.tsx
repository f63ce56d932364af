import { useQuery } from "@tanstack/react-query";
import { useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { Mark } from "#shared/parts";
import { configQuery } from "../data";
import { Page } from "../frame";
import { webLink } from "../logic/link";

const kept = [
  "account",
  "sessions",
  "starts",
  "cards",
  "favourites",
  "reports",
  "signin",
  "position",
  "phone",
] as const;

/** What is kept, why and how long; the operator's own pages beside. */
export default function PrivacyPage() {
  const t = useT();
  const go = useGo();
  const brand = useQuery(configQuery).data?.brand;
  const privacy = webLink(brand?.privacy_url);
  const imprint = webLink(brand?.imprint_url);
  return (
    <Page title={t("page.privacy")} over={brand?.name} back={() => go("/account")}>
      <section>
        <h2>{t("privacy.what")}</h2>
        <dl className="grid gap-2 pt-1">
          {kept.map((k) => (
            <div key={k}>
              <dt>
                <b>{t(`privacy.${k}.what`)}</b>
              </dt>
              <dd className="t2">{t(`privacy.${k}.how`)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section>
        <h2>{t("privacy.rights")}</h2>
        <p>{t("privacy.rightsHow")}</p>
        {brand?.email && (
          <p className="pt-1">
            <a className="lk" href={`mailto:${encodeURIComponent(brand.email).replace("%40", "@")}`}>
              {brand.email}
            </a>
          </p>
        )}
      </section>
      <section>
        <ul className="links">
          {privacy && (
            <li>
              <a href={privacy} rel="noreferrer">
                {t("privacy.policy", { name: brand?.name ?? "" })}
              </a>
            </li>
          )}
          {imprint && (
            <li>
              <a href={imprint} rel="noreferrer">
                {t("privacy.imprint")}
              </a>
            </li>
          )}
        </ul>
        {!privacy && !imprint && <p className="t2 text-sm">{t("privacy.noLinks")}</p>}
        <p className="t2 flex items-center gap-1.5 pt-2 text-sm">
          <Mark size={14} />
          {t("shell.made")}
        </p>
      </section>
    </Page>
  );
}
