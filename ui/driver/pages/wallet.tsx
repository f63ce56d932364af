import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, post } from "#shared/api/client";
import { money } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useGo } from "#shared/nav";
import {
  Button,
  Check,
  ConfirmByConsequence,
  Figure,
  Icon,
  Loaded,
  Note,
  NumberField,
  ProblemBox,
  Select,
} from "#shared/parts";
import { useDriver } from "../data";
import { Page } from "../frame";
import { minorOf, places, type SavedMethod, steps, type Wallet } from "../logic/pay";
import { savedQuery, setAuto, useMoneyChanged, useTopUp, walletQuery, worded } from "../money";
import { useMethodName } from "../parts/method";
import { NeedSignIn } from "../parts/need";
import { Outcome } from "../parts/outcome";
import { Owed } from "../parts/owed";

/** Money paid ahead: what there is, adding to it, and what became of a payment. */
export default function WalletPage() {
  const t = useT();
  const go = useGo();
  const { known, driver } = useDriver();
  const wallet = useQuery({ ...walletQuery, enabled: driver || !known });
  const saved = useQuery({ ...savedQuery, enabled: driver || !known });
  const w = wallet.data;
  const methods = saved.data?.items;
  const [minor, setMinor] = useState<number | null>(null);
  const [by, setBy] = useState<string | null>(null);
  const [keep, setKeep] = useState(false);
  const name = useMethodName();
  const add = useTopUp();
  const method = by === null ? methods?.[0] : methods?.find((m) => m.id === by);
  const much = w && minor !== null && minor > w.most.amount_minor;
  if (known && !driver) {
    return (
      <Page title={t("page.wallet")} back={() => go("/account")}>
        <NeedSignIn why={t("pay.signIn")} />
      </Page>
    );
  }
  return (
    <Page
      title={t("page.wallet")}
      back={() => go("/account")}
      dock={
        w?.offered &&
        methods && (
          <>
            {add.problem ? <ProblemBox error={add.problem} /> : null}
            {minor !== null && !much && (
              <p className="text-sm">{method ? t("pay.addBy", { method: name(method) }) : t("pay.addByPage")}</p>
            )}
            <Button
              go
              busy={add.isPending}
              disabled={minor === null || much}
              onClick={() =>
                minor !== null &&
                add.mutate(
                  { amount_minor: minor, ...(method ? { method_id: method.id } : keep ? { save: true } : {}) },
                  { onSuccess: () => setMinor(null) },
                )
              }
            >
              {minor === null
                ? t("pay.choose")
                : t("pay.add", { amount: money({ ...w.balance, amount_minor: minor }) })}
            </Button>
          </>
        )
      }
    >
      <Outcome />
      <Owed />
      <Loaded of={wallet}>
        {(x) => (
          <>
            <Balance w={x} />
            {x.offered ? (
              <>
                <section className="grid gap-3">
                  <h2>{t("pay.topUp")}</h2>
                  <HowMuch w={x} minor={minor} choose={setMinor} />
                  {methods && methods.length > 0 && (
                    <Select
                      label={t("pay.with")}
                      value={method?.id ?? ""}
                      onChange={setBy}
                      options={[
                        ...methods.map((m) => ({ value: m.id, label: name(m) })),
                        { value: "", label: t("pay.another") },
                      ]}
                    />
                  )}
                  {methods && !method && <Check label={t("pay.keep")} checked={keep} onChange={setKeep} />}
                </section>
                {methods && <Auto key={JSON.stringify([x.auto_below, x.auto_amount])} w={x} methods={methods} />}
              </>
            ) : (
              <section>
                <Note>{t("pay.notOffered")}</Note>
              </section>
            )}
            <section className="nopad">
              <ul className="links">
                {x.offered && <To href="/methods" words={t("page.methods")} />}
                <To href="/payments" words={t("page.payments")} />
                <To href="/receipts" words={t("page.receipts")} />
              </ul>
            </section>
            {x.balance.amount_minor > 0 && <Back w={x} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function To({ href, words }: { href: string; words: string }) {
  return (
    <li>
      <A href={href}>
        <span className="flex-1">{words}</span>
        <Icon name="right" />
      </A>
    </li>
  );
}

function Balance({ w }: { w: Wallet }) {
  const t = useT();
  const kept = w.balance.amount_minor - w.free.amount_minor;
  return (
    <section>
      <Figure hero label={t("pay.balance")} value={money(w.balance)} />
      {kept > 0 && (
        <p className="t2 text-sm">
          {t("pay.free", { free: money(w.free), kept: money({ ...w.free, amount_minor: kept }) })}
        </p>
      )}
      <p className="t2 text-sm">{t("pay.what")}</p>
      {w.topping_payment_id && (
        <p className="tp flex items-center gap-1.5 pt-1 text-sm">
          <Icon name="clock" />
          {t("pay.topping")}
        </p>
      )}
    </section>
  );
}

/** Amounts to tap, and a field for any other. */
function HowMuch({ w, minor, choose }: { w: Wallet; minor: number | null; choose: (n: number | null) => void }) {
  const t = useT();
  const { currency } = w.balance;
  const round = steps(w.most);
  const [other, setOther] = useState<number | null>(null);
  const wrong =
    other === null || minorOf(other, currency) !== null
      ? minor !== null && minor > w.most.amount_minor
        ? t("pay.most", { amount: money(w.most) })
        : undefined
      : t("pay.wrong");
  return (
    <>
      <div className="chips amounts">
        {round.map((n) => (
          <button
            key={n}
            type="button"
            className="chip"
            aria-pressed={minor === n && other === null}
            onClick={() => {
              setOther(null);
              choose(n);
            }}
          >
            {money({ currency, amount_minor: n }).replace(/[.,]00(?=\D*$)/, "")}
          </button>
        ))}
      </div>
      <NumberField
        label={t("pay.other")}
        unit={currency}
        value={other}
        error={wrong}
        onChange={(v) => {
          setOther(v);
          choose(minorOf(v, currency));
        }}
      />
    </>
  );
}

/** Has the wallet filled by itself. */
function Auto({ w, methods }: { w: Wallet; methods: readonly SavedMethod[] }) {
  const t = useT();
  const changed = useMoneyChanged();
  const name = useMethodName();
  const { currency } = w.balance;
  const unit = 10 ** places(currency);
  const was = w.auto_amount.amount_minor > 0;
  const [on, setOn] = useState(was);
  const [below, setBelow] = useState<number | null>(was ? w.auto_below.amount_minor / unit : 10);
  const [by, setBy] = useState<number | null>(was ? w.auto_amount.amount_minor / unit : 25);
  const at = minorOf(below, currency);
  const amount = minorOf(by, currency);
  const save = useMutation({
    mutationFn: () => (on ? setAuto(at ?? 0, amount ?? 0) : setAuto(0, 0)),
    onSuccess: changed,
  });
  const problem = save.error instanceof ApiProblem ? save.error : null;
  const preferred = methods.find((m) => m.default) ?? methods[0];
  const same = on === was && (!on || (at === w.auto_below.amount_minor && amount === w.auto_amount.amount_minor));
  if (!preferred) {
    return (
      <section className="grid gap-1">
        <h2>{t("pay.auto")}</h2>
        <p className="t2 text-sm">{t("pay.autoNoMethod")}</p>
        <A className="lk" href="/methods">
          {t("pay.addMethod")}
        </A>
      </section>
    );
  }
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  return (
    <section>
      <form className="grid gap-3" onSubmit={submit}>
        <h2>{t("pay.auto")}</h2>
        <Check
          label={t("pay.autoOn")}
          help={t("pay.autoWhy", { method: name(preferred) })}
          checked={on}
          onChange={setOn}
        />
        {on && (
          <div className="twos">
            <NumberField
              label={t("pay.autoBelow")}
              unit={currency}
              value={below}
              onChange={setBelow}
              error={problem?.at("auto_below")}
            />
            <NumberField
              label={t("pay.autoBy")}
              unit={currency}
              value={by}
              onChange={setBy}
              error={problem?.at("auto_amount")}
            />
          </div>
        )}
        {was && same && (
          <p className="te flex items-center gap-1.5 text-sm">
            <Icon name="ok" />
            {t("pay.autoIs", { below: money(w.auto_below), amount: money(w.auto_amount) })}
          </p>
        )}
        {save.error && <ProblemBox error={worded(save.error, { 409: t("pay.autoNoMethod") })} />}
        {!same && (
          <Button type="submit" className="tall" busy={save.isPending} disabled={on && (!at || !amount)}>
            {!on ? t("pay.autoOff") : was ? t("pay.autoChange") : t("pay.autoSave")}
          </Button>
        )}
      </form>
    </section>
  );
}

/** Gives what is free back the way it came. */
function Back({ w }: { w: Wallet }) {
  const t = useT();
  const changed = useMoneyChanged();
  const [asking, setAsking] = useState(false);
  const amount = money(w.free);
  return (
    <section className="grid gap-2">
      <h2>{t("pay.back")}</h2>
      <p className="t2 text-sm">{t("pay.backWhy")}</p>
      <Button className="tall" disabled={w.free.amount_minor <= 0} onClick={() => setAsking(true)}>
        {t("pay.backDo", { amount })}
      </Button>
      <ConfirmByConsequence
        title={t("pay.backDo", { amount })}
        open={asking}
        onClose={() => setAsking(false)}
        consequence={t("pay.backWhat", { amount })}
        deed={t("pay.backDo", { amount })}
        act={async () => {
          try {
            await post("/me/wallet/pay-back");
          } catch (e) {
            throw worded(e, { 409: t("pay.backNo") });
          } finally {
            changed();
          }
        }}
      />
    </section>
  );
}
