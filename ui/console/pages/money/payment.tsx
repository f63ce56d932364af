import { type ReactNode, useState } from "react";
import { post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, money, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, Icon, Note, Pair, Pairs, ProblemBox, TextArea, ZoneNote } from "#shared/parts";
import { useDeed } from "../admin/form";
import { useClaim, useRenew } from "./data";
import { DeedDialog } from "./deed";
import { mayRetry } from "./logic";
import { ClaimMark, DisputeMark, PaymentMark } from "./marks";
import { type StepLook, StepNode, Steps } from "./steps";
import type { FullPayment, Payment, Step } from "./types";
import { WhomPairs } from "./whom";
import { declineText, methodText, outcomeText } from "./words";

/** What a payment is called: its amount and what it is for. */
export function usePaymentTitle() {
  const t = useT();
  return (p: Payment) => t(`money.title.${p.purpose}`, { amount: money(p.asked) });
}

/** How a payment stands, with what a person has to know of it first. */
export function Standing({ of: p }: { of: FullPayment }) {
  const t = useT();
  return (
    <div className="grid gap-2">
      <p>
        <PaymentMark of={p} />
      </p>
      {p.trouble && (
        <Note>
          <p>{t(`money.trouble.${p.trouble}`)}</p>
          {p.trouble_reason && <p className="mono text-xs break-words">“{p.trouble_reason}”</p>}
        </Note>
      )}
      {p.decline && (
        <div className="well p-2" role="note">
          <p>
            <b>{t("money.bankSaidNo", { why: declineText(t, p.decline) })}</b>{" "}
            {t(p.decline.final ? "money.declineFinal" : "money.declineAgain")}
          </p>
          <p className="mono text-xs break-words t2">
            “{[p.decline.text, p.decline.code && `(${p.decline.code})`].filter(Boolean).join(" ")}”
          </p>
        </div>
      )}
    </div>
  );
}

/** The amounts and the people of a payment. */
export function PaymentFacts({ of: p }: { of: FullPayment }) {
  const t = useT();
  return (
    <>
      <div className="[&_dd]:min-h-6">
        <Pairs>
          <Pair name={t("money.asked")}>{money(p.asked)}</Pair>
          <Pair name={t("money.held")}>
            {money(p.held)}
            {p.hold_ends_at && p.status === "held" && (
              <span className="t2 text-sm">{t("money.holdEnds", { at: moment(p.hold_ends_at) })}</span>
            )}
          </Pair>
          <Pair name={t("money.captured")}>{money(p.captured)}</Pair>
          <Pair name={t("money.refunded")}>{money(p.refunded)}</Pair>
          <Pair name={t("money.method")}>{methodText(t, p.method)}</Pair>
          {p.method.expires_on && <Pair name={t("money.cardExpires")}>{p.method.expires_on}</Pair>}
          <Pair name={t("money.how")}>{t(`money.mode.${p.mode}`)}</Pair>
          <WhomPairs of={p} />
          {p.session_id && p.purpose === "session" && <OfClaim session={p.session_id} />}
          <Pair name={t("money.begun")}>{moment(p.created_at)}</Pair>
          <Pair name={t("money.changed")}>{moment(p.updated_at)}</Pair>
          <Pair name={t("money.atProvider", { provider: p.provider })}>
            <span className="mono">{p.provider_reference || "–"}</span>
          </Pair>
        </Pairs>
      </div>
      <p className="t3 text-sm">
        <ZoneNote zone={ownZone()} />
      </p>
    </>
  );
}

function OfClaim({ session }: { session: string }) {
  const t = useT();
  const q = useClaim(session);
  if (!q.data) return null;
  return (
    <Pair name={t("money.owed")}>
      <A className="lk" href={`/claims?claim=${seg(q.data.id)}`}>
        {money(q.data.due)}
      </A>
      <ClaimMark of={q.data} />
    </Pair>
  );
}

const stepLooks: Record<Step["state"], StepLook> = {
  planned: "waiting",
  sent: "waiting",
  done: "effect",
  refused: "refused",
  unknown: "unknown",
};

/** Every call that was made to the provider, and what a person may do about it. */
export function StepTrail({ of: p }: { of: FullPayment }) {
  const t = useT();
  const me = useMe();
  const [asking, setAsking] = useState<{ step: Step; deed: "retry" | "give" } | null>(null);
  return (
    <>
      <Steps label={t("money.steps")}>
        {p.steps.map((s) => (
          <StepNode key={s.id} look={stepLooks[s.state]}>
            <StepText of={s} />
            {me.may("money") && (mayRetry(s, p) || s.state === "unknown") && (
              <p className="flex flex-wrap gap-2 mt-1">
                <Button small onClick={() => setAsking({ step: s, deed: "retry" })}>
                  {t("money.retry")}
                </Button>
                {s.state === "unknown" && (
                  <Button small kind="danger" onClick={() => setAsking({ step: s, deed: "give" })}>
                    {t("money.giveUp")}
                  </Button>
                )}
              </p>
            )}
          </StepNode>
        ))}
      </Steps>
      {asking?.deed === "retry" && <Retry of={p} step={asking.step} onClose={() => setAsking(null)} />}
      {asking?.deed === "give" && <GiveUp of={p} step={asking.step} onClose={() => setAsking(null)} />}
    </>
  );
}

function StepText({ of: s }: { of: Step }) {
  const t = useT();
  const verb = t(`money.verb.${s.verb}`);
  const notes: ReactNode[] = [
    moment(s.ended_at ?? s.created_at),
    s.attempts > 1 && t("money.tried", { count: s.attempts, n: s.attempts }),
    s.next_at && s.state !== "done" && s.state !== "refused" && t("money.nextTry", { at: moment(s.next_at) }),
    s.reason && t("money.because", { reason: s.reason }),
  ].filter(Boolean);
  return (
    <>
      <p>
        <b className="font-semi">{s.amount.amount_minor > 0 ? `${verb} ${money(s.amount)}` : verb}</b>
        {": "}
        <span className={s.state === "refused" ? "tf" : s.state === "unknown" ? "tw" : "t2"}>
          {s.state === "refused" && s.outcome ? outcomeText(t, s.outcome) : t(`money.step.${s.state}`)}
        </span>
      </p>
      <p className="t3 text-sm">{notes.join(", ")}</p>
      {s.answer && <p className="mono text-xs break-words">“{s.answer}”</p>}
    </>
  );
}

function Retry({ of: p, step, onClose }: { of: FullPayment; step: Step; onClose: () => void }) {
  const t = useT();
  const renew = useRenew();
  return (
    <DeedDialog
      title={t("money.retryTitle", { verb: t(`money.verb.${step.verb}`) })}
      then={t("money.retryThen", { amount: money(step.amount), provider: p.provider })}
      deed={t("money.retryDeed")}
      act={async () => {
        await post(`/payments/${seg(p.id)}/retry`, { step: step.id });
        await renew();
      }}
      onClose={onClose}
    />
  );
}

function GiveUp({ of: p, step, onClose }: { of: FullPayment; step: Step; onClose: () => void }) {
  const t = useT();
  const renew = useRenew();
  const [reason, setReason] = useState("");
  return (
    <DeedDialog
      danger
      title={t("money.giveUpTitle", { verb: t(`money.verb.${step.verb}`) })}
      then={t("money.giveUpThen", { amount: money(step.amount), provider: p.provider })}
      deed={t("money.giveUpDeed")}
      ready={reason.trim() !== ""}
      act={async () => {
        await post(`/payments/${seg(p.id)}/give-up`, { step: step.id, reason: reason.trim() });
        await renew();
      }}
      onClose={onClose}
    >
      {(at) => (
        <TextArea
          label={t("money.reason")}
          help={t("money.giveUpHelp")}
          value={reason}
          onChange={setReason}
          error={at("reason")}
          maxLength={500}
          required
        />
      )}
    </DeedDialog>
  );
}

/** The disputes of a payment, each with the day until which it is answered. */
export function PaymentDisputes({ of: p }: { of: FullPayment }) {
  const t = useT();
  return (
    <ul>
      {p.disputes.map((d) => (
        <li key={d.id} className="flex flex-wrap gap-x-3 items-baseline py-1">
          <DisputeMark of={d} />
          <A className="lk" href={`/disputes?dispute=${seg(d.id)}`}>
            {money(d.amount)}
          </A>
          {d.due_at && d.state === "open" && <span className="t2">{t("money.dueBy", { at: moment(d.due_at) })}</span>}
        </li>
      ))}
    </ul>
  );
}

/** Asks the provider again, and says that a strange payment was looked at. */
export function PaymentDeeds({ of: p }: { of: FullPayment }) {
  const t = useT();
  const renew = useRenew();
  const deed = useDeed();
  const [clearing, setClearing] = useState(false);
  const [looked, setLooked] = useState(false);
  const look = async () => {
    setLooked(false);
    const done = await deed.run(() => post(`/payments/${seg(p.id)}/look`));
    await renew();
    setLooked(done);
  };
  return (
    <div className="grid gap-2 grow">
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <p className="flex flex-wrap gap-2 items-center">
        <Button busy={deed.busy} onClick={() => void look()}>
          {t("money.look", { provider: p.provider })}
        </Button>
        {p.trouble === "strange" && (
          <Button kind="danger" onClick={() => setClearing(true)}>
            {t("money.clear")}
          </Button>
        )}
        <span role="status" className="st t2 text-sm">
          {looked && (
            <>
              <Icon name="ok" size={12} />
              {t("money.looked")}
            </>
          )}
        </span>
      </p>
      {clearing && (
        <DeedDialog
          danger
          title={t("money.clearTitle")}
          then={t("money.clearThen", { provider: p.provider })}
          deed={t("money.clearDeed")}
          act={async () => {
            await post(`/payments/${seg(p.id)}/clear`);
            await renew();
          }}
          onClose={() => setClearing(false)}
        />
      )}
    </div>
  );
}
