import { type FormEvent, useState } from "react";
import { address, post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { duration, moment, money, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import {
  Button,
  ButtonLink,
  ConfirmByConsequence,
  Pair,
  Pairs,
  SidePanel,
  TextArea,
  useNow,
  ZoneNote,
} from "#shared/parts";
import { usePayment, useRenew } from "./data";
import { pressing } from "./logic";
import { DisputeMark } from "./marks";
import type { Dispute } from "./types";
import { WhomPairs } from "./whom";
import { disputeReason, methodText } from "./words";

/** Until when evidence counts, and how long that is. */
export function Due({ of: d }: { of: Dispute }) {
  const t = useT();
  const now = useNow(60_000);
  if (d.state !== "open") return <span className="t3">–</span>;
  if (!d.due_at) return <span className="t2">{t("money.noDay")}</span>;
  const rest = Date.parse(d.due_at) - now;
  const tone = { past: "tf", soon: "tw", "": "t1" }[pressing(d, now)];
  return (
    <span className={tone}>
      <time dateTime={d.due_at}>{moment(d.due_at)}</time>
      {", "}
      {rest < 0 ? t("money.pastDue") : t("money.inTime", { time: duration(rest) })}
    </span>
  );
}

/** A dispute beside the list, and the evidence that is handed in for it. */
export function DisputePanel({ of: d, onClose }: { of: Dispute; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const payment = usePayment(d.payment_id).data;
  return (
    <SidePanel
      title={t("money.disputeTitle", { amount: money(d.amount) })}
      onClose={onClose}
      footer={
        <div className="flex flex-wrap gap-2">
          <ButtonLink download href={address(`/disputes/${seg(d.id)}/evidence`)}>
            {t("money.pack")}
          </ButtonLink>
          <ButtonLink download href={address(`/disputes/${seg(d.id)}/evidence`, { format: "zip" })}>
            {t("money.packZip")}
          </ButtonLink>
          <ButtonLink href={`/payments/${seg(d.payment_id)}`}>{t("money.openPayment")}</ButtonLink>
        </div>
      }
    >
      <p>
        <DisputeMark of={d} />
      </p>
      <div className="my-2">
        <strong className="block text-figure leading-8 font-semi">
          {d.state === "open" ? <Due of={d} /> : money(d.amount)}
        </strong>
        <span className="t2 text-sm">{t(`money.objectionLong.${d.state}`)}</span>
      </div>
      <h3>{t("money.facts")}</h3>
      <Pairs>
        <Pair name={t("money.disputed")}>{money(d.amount)}</Pair>
        <Pair name={t("money.objects")}>{disputeReason(t, d.reason)}</Pair>
        {payment && <Pair name={t("money.method")}>{methodText(t, payment.method)}</Pair>}
        {payment && <Pair name={t("money.captured")}>{money(payment.captured)}</Pair>}
        <WhomPairs of={d} />
        <Pair name={t("money.raised")}>{moment(d.created_at)}</Pair>
        <Pair name={t("money.changed")}>{moment(d.updated_at)}</Pair>
        <Pair name={t("money.atProvider", { provider: d.provider })}>
          <span className="mono">{d.provider_reference}</span>
        </Pair>
      </Pairs>
      <p className="t3 text-sm">
        <ZoneNote zone={ownZone()} />
      </p>
      {d.state === "open" && me.may("money") && <Evidence of={d} />}
    </SidePanel>
  );
}

function Evidence({ of: d }: { of: Dispute }) {
  const t = useT();
  const renew = useRenew();
  const [text, setText] = useState("");
  const [sure, setSure] = useState(false);
  const ask = (e: FormEvent) => {
    e.preventDefault();
    if (text.trim()) setSure(true);
  };
  return (
    <>
      <h3>{t("money.evidence")}</h3>
      <form className="grid gap-3" onSubmit={ask}>
        <TextArea
          label={t("money.evidenceText")}
          help={t("money.evidenceHelp")}
          rows={8}
          maxLength={20_000}
          value={text}
          onChange={setText}
          required
        />
        <p>
          <Button type="submit" kind="primary" disabled={!text.trim()}>
            {t("money.handIn")}
          </Button>
        </p>
      </form>
      <ConfirmByConsequence
        title={t("money.handInTitle")}
        open={sure}
        onClose={() => setSure(false)}
        consequence={t("money.handInThen", { provider: d.provider })}
        deed={t("money.handInDeed")}
        act={async () => {
          await post(`/disputes/${seg(d.id)}/evidence`, { text: text.trim() });
          await renew();
        }}
      />
    </>
  );
}
