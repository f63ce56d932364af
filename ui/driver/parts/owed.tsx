import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { seg } from "#shared/api/client";
import { day, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, ButtonLink, Check, Note, ProblemBox } from "#shared/parts";
import { profileQuery, sessionQuery, useDriver } from "../data";
import { type Claim, total, waitsForPayer, whyDeclined } from "../logic/pay";
import { paymentQuery, savedQuery, useOwed, usePayClaim } from "../money";

/** What a driver has to pay, and by when; nothing where nothing is open. One session whole, several as a sum. */
export function Owed() {
  const t = useT();
  const open = useOwed();
  if (open.length === 0) return null;
  const [first] = open;
  return (
    <section className="grid gap-2 owed" aria-label={t("pay.owed")}>
      <Note>
        {open.length === 1 && first ? (
          <Due claim={first} />
        ) : (
          <>
            <p>
              <b>
                {t("pay.owedSum", {
                  count: open.length,
                  sum: total(open.map((c) => c.left))
                    .map((a) => money(a))
                    .join(" + "),
                })}
              </b>
            </p>
            <Held />
            <A className="lk" href="/payments">
              {t("pay.owedAll")}
            </A>
          </>
        )}
      </Note>
    </section>
  );
}

/** Says that one may not charge until it is paid. */
export function Held() {
  const t = useT();
  const { driver } = useDriver();
  const held = useQuery({ ...profileQuery, enabled: driver }).data?.held_for;
  return held ? <p>{t("pay.held")}</p> : null;
}

/** One session that is not paid: what, where, why, when it is tried again, and the way to pay it. */
export function Due({ claim: c }: { claim: Claim }) {
  const t = useT();
  const s = useQuery({ ...sessionQuery(c.session_id), refetchInterval: false }).data;
  const last = useQuery({
    ...paymentQuery(c.payment_id ?? ""),
    enabled: c.payment_id !== null,
  }).data;
  const page = waitsForPayer(last) ? last?.url : null;
  const none = useQuery(savedQuery).data?.items.length === 0;
  const [keep, setKeep] = useState(false);
  const pay = usePayClaim();
  return (
    <div className="grid gap-1">
      <p>
        <b>{t("pay.due", { amount: money(c.left) })}</b>{" "}
        {s && (
          <A className="lk" href={s.receipt_id ? `/receipts/${seg(s.receipt_id)}` : `/session/${seg(s.id)}`}>
            {[s.site.name, day(s.started_at, s.site.time_zone)].filter(Boolean).join(", ")}
          </A>
        )}
      </p>
      <p>
        {page
          ? t("pay.waitsForYou")
          : last?.status === "refused"
            ? t(`pay.why.${whyDeclined(last)}`)
            : c.state === "open" && none
              ? t("pay.noMethod")
              : ""}{" "}
        {c.state === "written_off" ? t("pay.givenUp") : c.next_at ? t("pay.again", { date: day(c.next_at) }) : ""}
      </p>
      <Held />
      {pay.problem ? <ProblemBox error={pay.problem} /> : null}
      {!page && none && <Check label={t("pay.keep")} checked={keep} onChange={setKeep} />}
      {page ? (
        <ButtonLink kind="primary" href={page}>
          {t("pay.toPage")}
        </ButtonLink>
      ) : (
        <Button
          kind="primary"
          className="tall mt-1"
          busy={pay.isPending}
          onClick={() => pay.mutate({ id: c.id, save: keep })}
        >
          {t("pay.payNow", { amount: money(c.left) })}
        </Button>
      )}
    </div>
  );
}
