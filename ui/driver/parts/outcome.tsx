import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiProblem } from "#shared/api/client";
import { money } from "#shared/format";
import { useT } from "#shared/i18n";
import { useFilters } from "#shared/nav";
import { Button, ButtonLink, Icon, type IconName, Loaded } from "#shared/parts";
import { type Outcome as Look, outcome, type Payment, whyDeclined } from "../logic/pay";
import { paymentQuery, useMoneyChanged } from "../money";
import { useMethodName } from "./method";

/** What became of the payment that the address names: `?payment=`. */
export function Outcome() {
  const t = useT();
  const f = useFilters(["payment"]);
  const id = f.value.payment;
  const q = useQuery({ ...paymentQuery(id), enabled: id !== "" });
  const changed = useMoneyChanged();
  const status = q.data?.status;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each status
  useEffect(() => {
    if (status) changed();
  }, [status]);
  if (id === "") return null;
  const close = () => f.set({ payment: "" });
  if (q.error instanceof ApiProblem && q.error.status === 404) {
    return (
      <section className="grid gap-2" role="alert">
        <p>{t("pay.unknown")}</p>
        <Button onClick={close}>{t("pay.toWallet")}</Button>
      </section>
    );
  }
  return (
    <section className="grid gap-2" aria-live="polite" aria-label={t("pay.outcome")}>
      <Loaded of={q}>{(p) => <Said p={p} close={close} />}</Loaded>
    </section>
  );
}

const looks: Record<Look, readonly [IconName, string]> = {
  ...{ waiting: ["clock", "tp"], taken: ["ok", "te"], saved: ["ok", "te"] },
  ...{ declined: ["no", "tf"], expired: ["clock", "tw"], released: ["no", "t2"] },
};

function Said({ p, close }: { p: Payment; close: () => void }) {
  const t = useT();
  const name = useMethodName();
  const o = outcome(p);
  const [icon, tone] = looks[o];
  const known = p.method.kind !== "";
  const amount = money(p.amount);
  return (
    <>
      <h2 className={`flex items-center gap-2 text-page ${tone}`}>
        <Icon name={icon} size={20} />
        {t(`pay.outcomes.${p.purpose === "method" && o === "waiting" ? "entering" : o}`)}
      </h2>
      <p>
        {o === "taken" &&
          p.purpose === "topup" &&
          t("pay.added", { amount: money(p.captured), method: name(p.method) })}
        {o === "taken" && p.purpose !== "topup" && t("pay.paid", { amount: money(p.captured), method: name(p.method) })}
        {o === "saved" && t("pay.savedHow", { method: name(p.method) })}
        {o === "waiting" && t(p.purpose === "method" ? "pay.enteringHow" : "pay.waitingHow", { amount })}
        {o === "declined" && (
          <>
            {known && <b>{name(p.method)}. </b>}
            {t(`pay.why.${whyDeclined(p)}`)} {p.purpose !== "method" && t("pay.nothingTaken", { amount })}
          </>
        )}
        {o === "expired" && t("pay.expiredHow")}
        {o === "released" && t("pay.releasedHow", { amount })}
      </p>
      {o === "waiting" && p.url && (
        <ButtonLink href={p.url} kind="primary">
          {t("pay.toPage")}
        </ButtonLink>
      )}
      <Button onClick={close}>{t(o === "waiting" ? "pay.toWallet" : "pay.done")}</Button>
    </>
  );
}
