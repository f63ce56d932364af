import { useState } from "react";
import { post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, money, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, Loaded, Note, Pair, Pairs, Rule, SidePanel, TextArea, TextField, ZoneNote } from "#shared/parts";
import { useClaim, useRenew } from "./data";
import { DeedDialog } from "./deed";
import { byProvider, calendar, dunDays, mayAsk, mayReceive, mayWriteOff, minorOf, type Turn, typed } from "./logic";
import { ClaimMark } from "./marks";
import { type StepLook, StepNode, Steps } from "./steps";
import type { Claim } from "./types";
import { WhomPairs } from "./whom";
import { claimReason } from "./words";

type Deed = "ask" | "write" | "received";

/** What the payer of a session owes, beside the list. */
export function ClaimPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const q = useClaim(id);
  const [asking, setAsking] = useState<Deed | "">("");
  const c = q.data;
  const deeds = c && me.may("money") && (mayAsk(c) || mayWriteOff(c) || mayReceive(c));
  return (
    <SidePanel
      title={c ? t("money.claimTitle", { amount: money(c.due) }) : t("page.claims")}
      onClose={onClose}
      footer={
        deeds && (
          <div className="flex flex-wrap gap-2 grow">
            {mayAsk(c) && <Button onClick={() => setAsking("ask")}>{t("money.ask")}</Button>}
            {mayReceive(c) && <Button onClick={() => setAsking("received")}>{t("money.receive")}</Button>}
            {mayWriteOff(c) && (
              <Button kind="danger" onClick={() => setAsking("write")}>
                {t("money.writeOff")}
              </Button>
            )}
          </div>
        )
      }
    >
      <Loaded of={q}>{(x) => <Body of={x} />}</Loaded>
      {c && asking === "ask" && <Ask of={c} onClose={() => setAsking("")} />}
      {c && asking === "write" && <WriteOff of={c} onClose={() => setAsking("")} />}
      {c && asking === "received" && <Received of={c} onClose={() => setAsking("")} />}
    </SidePanel>
  );
}

function Body({ of: c }: { of: Claim }) {
  const t = useT();
  const turns = calendar(c);
  const paid = t("money.paidOf", { paid: money(c.paid), due: money(c.due) });
  return (
    <>
      <p>
        <ClaimMark of={c} />
      </p>
      {c.reason && (
        <Note>
          <p>{claimReason(t, c.reason)}</p>
          {claimReason(t, c.reason) !== c.reason && <p className="mono text-xs break-words">“{c.reason}”</p>}
        </Note>
      )}
      <div className="my-2">
        <strong className="block text-[28px] leading-8 font-semi">{money(c.left)}</strong>
        <span className="t2 text-sm">{t("money.leftLong")}</span>
        <Rule size="plate" width={338} value={c.paid.amount_minor} max={c.due.amount_minor} label={paid} />
        <p className="t2 text-sm">{paid}</p>
      </div>
      <h3>{t("money.howPaid")}</h3>
      <Pairs>
        <Pair name={t("money.byWallet")}>{money(c.wallet)}</Pair>
        <Pair name={t("money.byProvider")}>{money(byProvider(c))}</Pair>
        <Pair name={t("money.byHand")}>{money(c.hand)}</Pair>
      </Pairs>
      {turns.length > 0 && (
        <>
          <h3>{t("money.calendar")}</h3>
          <Calendar of={c} turns={turns} />
        </>
      )}
      <h3>{t("money.facts")}</h3>
      <div className="[&_dd]:min-h-6">
        <Pairs>
          <WhomPairs of={c} />
          {c.payment_id && (
            <Pair name={t("money.lastPayment")}>
              <A className="lk" href={`/payments/${seg(c.payment_id)}`}>
                {t("page.payment")}
              </A>
            </Pair>
          )}
          <Pair name={t("money.since")}>{moment(c.created_at)}</Pair>
          <Pair name={t("money.changed")}>{moment(c.updated_at)}</Pair>
        </Pairs>
      </div>
      <p className="t3 text-sm">
        <ZoneNote zone={ownZone()} />
      </p>
    </>
  );
}

const turnLooks: Record<Turn["state"], StepLook> = {
  failed: "refused",
  paid: "effect",
  asked: "waiting",
  next: "waiting",
  later: "idle",
};

function Calendar({ of: c, turns }: { of: Claim; turns: readonly Turn[] }) {
  const t = useT();
  return (
    <>
      <Steps label={t("money.calendar")}>
        {turns.map((x) => (
          <StepNode key={x.n} look={turnLooks[x.state]}>
            <p>
              <b className="font-semi">{t("money.turn", { n: x.n })}</b>
              {": "}
              <span className={x.state === "failed" ? "tf" : "t2"}>{t(`money.turns.${x.state}`)}</span>
              {x.at && <span className="t3 text-sm"> {moment(x.at)}</span>}
            </p>
          </StepNode>
        ))}
      </Steps>
      {c.state === "dunning" && <p className="t2 text-sm">{t("money.thenWritten", { days: dunDays.at(-1) })}</p>}
    </>
  );
}

const send = (c: Claim, deed: string, renew: () => Promise<unknown>, body?: unknown) => async () => {
  await post(`/claims/${seg(c.id)}/${deed}`, body);
  await renew();
};

function Ask({ of: c, onClose }: { of: Claim; onClose: () => void }) {
  const t = useT();
  const renew = useRenew();
  return (
    <DeedDialog
      title={t("money.askTitle")}
      then={t("money.askThen", { amount: money(c.left) })}
      deed={t("money.askDeed", { amount: money(c.left) })}
      act={send(c, "ask", renew)}
      onClose={onClose}
    />
  );
}

function WriteOff({ of: c, onClose }: { of: Claim; onClose: () => void }) {
  const t = useT();
  const renew = useRenew();
  const [reason, setReason] = useState("");
  return (
    <DeedDialog
      danger
      title={t("money.writeOffTitle")}
      then={t(c.driver_id ? "money.writeOffThen" : "money.writeOffGuest", { amount: money(c.left) })}
      deed={t("money.writeOffDeed", { amount: money(c.left) })}
      ready={reason.trim() !== ""}
      act={send(c, "write-off", renew, { reason: reason.trim() })}
      onClose={onClose}
    >
      {(at) => (
        <TextArea
          label={t("money.reason")}
          help={t("money.reasonHelp")}
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

function Received({ of: c, onClose }: { of: Claim; onClose: () => void }) {
  const t = useT();
  const renew = useRenew();
  const { currency } = c.due;
  const [sum, setSum] = useState(() => typed(c.left));
  const [reference, setReference] = useState("");
  const minor = minorOf(sum, currency);
  const wrong = minor === null || minor < 1 || minor > c.left.amount_minor;
  return (
    <DeedDialog
      title={t("money.receivedTitle")}
      then={t("money.receivedThen", { left: money(c.left) })}
      deed={t("money.receivedDeed")}
      ready={!wrong && reference.trim() !== ""}
      act={send(c, "received", renew, { amount_minor: minor, reference: reference.trim() })}
      onClose={onClose}
    >
      {(at) => (
        <>
          <TextField
            label={t("money.amount")}
            inputMode="decimal"
            unit={currency}
            required
            value={sum}
            onChange={setSum}
            error={at("amount_minor") || (wrong ? t("money.amountWrong", { left: money(c.left) }) : "")}
          />
          <TextField
            label={t("money.reference")}
            help={t("money.referenceHelp")}
            mono
            required
            maxLength={140}
            value={reference}
            onChange={setReference}
            error={at("reference")}
          />
        </>
      )}
    </DeedDialog>
  );
}
