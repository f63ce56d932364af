import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { seg } from "#shared/api/client";
import { running } from "#shared/format";
import { connectorWords } from "#shared/format/connector";
import { useT } from "#shared/i18n";
import { useFilters, useGo, useParams } from "#shared/nav";
import { Button, ButtonLink, Icon, Loaded, useNow } from "#shared/parts";
import { startQuery, useSessionsChanged } from "../data";
import { Page } from "../frame";
import { left } from "../logic/clock";
import { asSentence } from "../logic/price";
import type { Start } from "../logic/types";
import { Details } from "../parts/details";
import { useHelpline } from "../parts/helpline";
import { useOffers } from "../parts/price";

/** A start that was asked for: asking, plug in now, charging, or why not. */
export default function StartPage() {
  const t = useT();
  const go = useGo();
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const q = useQuery(startQuery(id));
  const s = q.data;
  const changed = useSessionsChanged();
  const session = s?.state === "charging" ? s.session_id : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per session
  useEffect(() => {
    if (!session) return;
    changed();
    go(`/session/${seg(session)}`, true);
  }, [session]);
  return (
    <Page
      over={s?.site.name}
      title={s ? t("evse.title", { n: s.evse.evse_id }) : t("page.start")}
      back={() => go(s ? `/e/${seg(s.evse.number)}` : "/")}
      dock={s && (s.state === "refused" || s.state === "expired") ? <Next start={s} /> : undefined}
    >
      <Loaded of={q}>{(d) => <Steps start={d} />}</Loaded>
    </Page>
  );
}

const order = ["asking", "plug_in", "charging"] as const;

function Steps({ start }: { start: Start }) {
  const t = useT();
  const now = useNow(500);
  const ms = left(start.expires_at, now);
  const stopped = start.state === "refused" || start.state === "expired";
  const at =
    start.state === "refused"
      ? 0
      : start.state === "expired"
        ? 1
        : order.indexOf(start.state as (typeof order)[number]);
  const version = useFilters(["price"]).value.price;
  const all = useOffers(start.evse);
  // Not another price than the one that was accepted.
  const agreed = version
    ? all.find((o) => o.price?.tariff_version === version)?.price
    : all.length === 1 && all[0]?.price;
  const words = connectorWords(start.evse.connectors.map((c) => c.standard)).join(", ");
  return (
    <>
      <section className="bigstep" aria-live="polite">
        <h2 className={`text-page ${stopped ? "tf" : ""}`}>{t(`start.${start.state}`)}</h2>
        {start.state === "asking" && <p>{t("start.askingHow")}</p>}
        {start.state === "plug_in" && <p>{words ? t("start.plugInWith", { plug: words }) : t("start.plugInHow")}</p>}
        {start.state === "expired" && <p>{t("start.expiredHow")}</p>}
        {start.state === "refused" && (
          <>
            {start.reason && (
              <p>
                {t("start.said")} <q className="mono">{start.reason}</q>
              </p>
            )}
            <p>{t("start.refusedHow")}</p>
          </>
        )}
      </section>
      {start.state === "plug_in" && (
        <section>
          <p className="t2">{t("start.left")}</p>
          <p className="countdown" role="timer">
            {running(ms / 1000).value}
          </p>
        </section>
      )}
      <section>
        <ol className="steps">
          {order.map((o, i) => (
            <Step
              key={o}
              look={
                stopped && i === at ? "no" : i < at || start.state === "charging" ? "ok" : i === at ? "now" : "later"
              }
            >
              {t(`start.step.${o}`)}
            </Step>
          ))}
        </ol>
      </section>
      {agreed && (
        <section>
          <h2>{t("start.agreed")}</h2>
          <p>{asSentence(agreed.sentence)}</p>
          <Details of={agreed.details} sentence={agreed.sentence} />
        </section>
      )}
    </>
  );
}

function Step({ look, children }: { look: "ok" | "now" | "later" | "no"; children: ReactNode }) {
  return (
    <li className={look} aria-current={look === "now" ? "step" : undefined}>
      <i aria-hidden="true">
        {look === "ok" ? <Icon name="ok" size={14} /> : look === "no" ? <Icon name="no" size={12} /> : null}
      </i>
      {children}
    </li>
  );
}

function Next({ start }: { start: Start }) {
  const t = useT();
  const go = useGo();
  const helpline = useHelpline();
  return (
    <>
      {helpline && (
        <ButtonLink href={helpline.href} icon="phone">
          {t("site.call")}
        </ButtonLink>
      )}
      <Button go onClick={() => go(`/e/${seg(start.evse.number)}`)}>
        {t("start.retry")}
      </Button>
    </>
  );
}
