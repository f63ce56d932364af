import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { seg } from "#shared/api/client";
import { day, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useGo } from "#shared/nav";
import { Button, Empty, Icon, Loaded, Note, ProblemBox, usePages } from "#shared/parts";
import { sessionQuery, useDriver } from "../data";
import { Page } from "../frame";
import { activity, type Claim, outcome, type Payment } from "../logic/pay";
import { claimsQuery, moves, useOwed } from "../money";
import { useMethodName } from "../parts/method";
import { NeedSignIn } from "../parts/need";
import { Due } from "../parts/owed";

/** What one owes and what one paid. */
export default function PaymentsPage() {
  const t = useT();
  const go = useGo();
  const { known, driver } = useDriver();
  return (
    <Page title={t("page.payments")} back={() => go("/wallet")}>
      {known && !driver ? <NeedSignIn why={t("pay.signIn")} /> : <All />}
    </Page>
  );
}

const size = { limit: 50 };

function All() {
  const t = useT();
  const claims = useQuery(claimsQuery);
  const open = useOwed();
  const payments = usePages<Payment>("/me/payments", size, moves);
  const rows = useMemo(() => activity(claims.data?.items ?? [], payments.rows), [claims.data, payments.rows]);
  if (payments.error && payments.rows.length === 0) return <ProblemBox error={payments.error} retry={payments.retry} />;
  return (
    <>
      {open.length > 0 && (
        <section className="grid gap-2 owed" aria-label={t("pay.owed")}>
          {open.map((c) => (
            <Note key={c.id}>
              <Due claim={c} />
            </Note>
          ))}
        </section>
      )}
      <Loaded of={claims}>
        {() =>
          rows.length === 0 && !payments.loading ? (
            <Empty why={t("pay.nothing")}>
              <p>{t("pay.nothingHow")}</p>
            </Empty>
          ) : (
            <ul>
              {rows.map((x) =>
                "claim" in x ? <Charge key={x.claim.id} c={x.claim} /> : <Paid key={x.payment.id} p={x.payment} />,
              )}
            </ul>
          )
        }
      </Loaded>
      {payments.more && (
        <div className="p-4">
          <Button onClick={payments.loadMore} busy={payments.loading}>
            {t("pay.older")}
          </Button>
        </div>
      )}
    </>
  );
}

const tones: Record<Claim["state"], string> = {
  ...{ paid: "t2", open: "tw", asked: "tp", dunning: "tw", written_off: "tf", stuck: "tw" },
};

function Charge({ c }: { c: Claim }) {
  const t = useT();
  const s = useQuery({ ...sessionQuery(c.session_id), refetchInterval: false, staleTime: 60 * 60_000 }).data;
  return (
    <li>
      <A className="row2" href={s?.receipt_id ? `/receipts/${seg(s.receipt_id)}` : `/session/${seg(c.session_id)}`}>
        <span className="min-w-0">
          <b className="block cut">{s?.site.name || t("pay.session")}</b>
          <span className={`block text-sm ${tones[c.state]}`}>
            {t(`pay.claim.${c.state}`)}
            <span className="t2">, {day(c.created_at)}</span>
          </span>
        </span>
        <b>{money(c.due)}</b>
        <Icon name="right" />
      </A>
    </li>
  );
}

function Paid({ p }: { p: Payment }) {
  const t = useT();
  const name = useMethodName();
  const o = outcome(p);
  const back = p.refunded.amount_minor;
  return (
    <li>
      <A className="row2" href={`/wallet?payment=${seg(p.id)}`}>
        <span className="min-w-0">
          <b className="block cut">{t(p.purpose === "topup" ? "pay.topUpRow" : "page.methods")}</b>
          <span className={`block text-sm ${o === "declined" ? "tf" : o === "waiting" ? "tp" : "t2"}`}>
            {t(`pay.state.${o}`)}
            <span className="t2">
              {p.method.kind && `, ${name(p.method)}`}, {day(p.created_at)}
            </span>
          </span>
          {back > 0 && <span className="t2 block text-sm">{t("pay.wentBack", { amount: money(p.refunded) })}</span>}
        </span>
        {p.purpose === "topup" && <b className={o === "taken" ? "" : "t3"}>{money(p.amount)}</b>}
        <Icon name="right" />
      </A>
    </li>
  );
}
