import { useState } from "react";
import { seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { energy, money, percent, power, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, ButtonLink, Loaded, Num, Rule, SidePanel, Stale } from "#shared/parts";
import { Events, PowerChart } from "./course";
import { useCourse, useSession, useZone } from "./data";
import { CloseDialog, StopDialog } from "./deeds";
import { EvidenceFacts } from "./evidence";
import { PriceLines } from "./price";
import type { Course, Session } from "./types";
import { SessionMark, Strange } from "./words";

/** A session beside the list. */
export function SessionPanel({ id, row, onClose }: { id: string; row?: Session; onClose: () => void }) {
  const t = useT();
  const q = useSession(id);
  const s = q.data ?? row;
  if (!s) {
    return (
      <SidePanel title={t("page.session")} onClose={onClose}>
        <Loaded of={q}>{() => null}</Loaded>
      </SidePanel>
    );
  }
  return <Panel of={s} onClose={onClose} />;
}

function Panel({ of: s, onClose }: { of: Session; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const zone = useZone(s.site_id);
  const course = useCourse(s);
  const [asking, setAsking] = useState<"stop" | "close" | "">("");
  return (
    <SidePanel
      title={`${s.station_id} EVSE ${s.evse_id}`}
      onClose={onClose}
      footer={
        <>
          <ButtonLink kind="primary" href={`/sessions/${seg(s.id)}`}>
            {t("sessions.open")}
          </ButtonLink>
          {s.held && me.may("money") && (
            <ButtonLink href={`/sessions/${seg(s.id)}#review`}>{t("sessions.review")}</ButtonLink>
          )}
          <span className="sp" />
          {s.state !== "closed" && me.may("stations") && (
            <>
              <Button onClick={() => setAsking("close")}>{t("sessions.closeAsk")}</Button>
              <Button kind="danger" onClick={() => setAsking("stop")}>
                {t("sessions.stopAsk")}
              </Button>
            </>
          )}
        </>
      }
    >
      <p className="flex flex-wrap gap-x-3">
        <SessionMark of={s} />
        <Strange of={s} />
      </p>
      <p className="t2 text-sm">
        <A className="lk" href={`/sites/${seg(s.site_id)}`}>
          {s.site_name || s.site_id}
        </A>
        {". "}
        {t("sessions.transaction")} <span className="mono break-all">{s.transaction_id}</span>
      </p>
      <Loaded of={course}>
        {(c) => (
          <>
            <Two of={s} course={c} />
            <PowerChart of={s} course={c} zone={zone} height={130} />
            <h3>{t("sessions.price")}</h3>
            <PriceLines of={s} zone={zone} />
            <h3>{t("sessions.evidence")}</h3>
            <EvidenceFacts of={s} zone={zone} />
            <h3>{t("sessions.timeline")}</h3>
            <Events of={s} course={c} zone={zone} />
          </>
        )}
      </Loaded>
      {asking === "stop" && <StopDialog of={s} zone={zone} onClose={() => setAsking("")} />}
      {asking === "close" && <CloseDialog sessions={[s]} onClose={() => setAsking("")} />}
    </SidePanel>
  );
}

/** Energy and cost, large. */
export function Two({ of: s, course: c }: { of: Session; course: Course }) {
  const t = useT();
  const open = s.state !== "closed";
  return (
    <div className="grid grid-cols-2 gap-4 my-2">
      <div>
        <strong className="block text-[28px] leading-8 font-semi">
          <Num of={energy(c.energy_wh)} />
        </strong>
        <span className="t2 text-sm">
          {open && c.power_w !== null ? (
            <Stale at={c.at}>
              {t("sessions.atPower", { power: text(power(c.power_w)) })}
              {c.soc !== null && `, ${t("sessions.soc")} ${percent(c.soc)}`}
            </Stale>
          ) : c.soc !== null ? (
            `${t("sessions.soc")} ${percent(c.soc)}`
          ) : open ? (
            t("sessions.powerUnknown")
          ) : (
            t("sessions.delivered")
          )}
        </span>
      </div>
      <div>
        <strong className="block text-[28px] leading-8 font-semi">{money(c.cost)}</strong>
        <span className="t2 text-sm">
          {c.cost === null
            ? t(s.held ? "sessions.costHeld" : "sessions.costNone")
            : t(c.cost_final ? "sessions.costFinal" : "sessions.costSoFar")}
        </span>
      </div>
      {open && s.max_power_w > 0 && (
        <div className="col-span-2">
          <Rule
            size="plate"
            width={338}
            value={c.power_w === null ? null : c.power_w / 1000}
            max={s.max_power_w / 1000}
            limit={c.limit_w === null ? null : c.limit_w / 1000}
            label={t("sessions.ofRated", { power: text(power(c.power_w)), rated: text(power(s.max_power_w)) })}
          />
          <p className="t2 text-sm">
            {t("sessions.ofRated", { power: text(power(c.power_w)), rated: text(power(s.max_power_w)) })}
            {c.limit_w !== null && `, ${t("sessions.limitedTo", { power: text(power(c.limit_w)) })}`}
          </p>
        </div>
      )}
    </div>
  );
}
