import { useState } from "react";
import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { useStream } from "#shared/live";
import { ButtonLink, Empty } from "#shared/parts";
import { Gate } from "../frame";
import { Company } from "./setup/company";
import { FirstStation } from "./setup/first-station";
import { fragment } from "./sign/within";

/** The first run: who runs this network, then a first station that charges. */
export default function Setup() {
  const t = useT();
  const me = useMe();
  const [token] = useState(fragment);
  useStream("/events", me.may("read"));
  if (!me.known) return null;
  if (me.setup_needed && !token) {
    return (
      <Gate title={t("page.setup")}>
        <Empty why={t("setup.noToken")} />
        <code className="mono text-sm break-all">chargewright serve</code>
      </Gate>
    );
  }
  if (me.setup_needed) {
    return (
      <Gate title={t("setup.company")}>
        <Company token={token} />
      </Gate>
    );
  }
  if (!me.may("admin")) {
    return (
      <Gate title={t("page.setup")}>
        <p>{t("setup.done")}</p>
        <ButtonLink kind="primary" href="/">
          {t("setup.overview")}
        </ButtonLink>
      </Gate>
    );
  }
  return (
    <Gate title={t("setup.station")}>
      <FirstStation />
    </Gate>
  );
}
