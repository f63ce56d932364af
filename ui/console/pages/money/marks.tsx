import { useT } from "#shared/i18n";
import { Icon, type IconName } from "#shared/parts";
import { lookOf, type PaymentLook } from "./logic";
import type { Claim, Dispute, Item, Payment } from "./types";

/** A state by shape, colour and word. */
function Mark({ look: [icon, tone], word }: { look: readonly [IconName, string]; word: string }) {
  return (
    <span className={`st ${tone}`}>
      <Icon name={icon} size={14} />
      <span>{word}</span>
    </span>
  );
}

const payments: Record<PaymentLook, readonly [IconName, string]> = {
  strange: ["faulted", "tf"],
  unknown: ["p2", "tw"],
  planned: ["clock", "t2"],
  open: ["preparing", "t1"],
  held: ["reserved", "tp"],
  taken: ["ok", "t2"],
  part_returned: ["ok", "t2"],
  returned: ["left", "t3"],
  released: ["unavailable", "t3"],
  refused: ["no", "tw"],
  expired: ["clock", "t3"],
};

export function PaymentMark({ of }: { of: Payment }) {
  const t = useT();
  const look = lookOf(of);
  return <Mark look={payments[look]} word={t(`money.payment.${look}`)} />;
}

const claims: Record<Claim["state"], readonly [IconName, string]> = {
  open: ["available", "t1"],
  asked: ["preparing", "t1"],
  dunning: ["clock", "tw"],
  stuck: ["faulted", "tf"],
  written_off: ["no", "t3"],
  paid: ["ok", "t2"],
};

export function ClaimMark({ of }: { of: Claim }) {
  const t = useT();
  return <Mark look={claims[of.state]} word={t(`money.claim.${of.state}`)} />;
}

const disputes: Record<Dispute["state"], readonly [IconName, string]> = {
  open: ["p2", "tw"],
  heard: ["clock", "t2"],
  won: ["ok", "t2"],
  lost: ["no", "t3"],
};

export function DisputeMark({ of }: { of: Dispute }) {
  const t = useT();
  return <Mark look={disputes[of.state]} word={t(`money.objection.${of.state}`)} />;
}

const matches: Record<Item["match"], readonly [IconName, string]> = {
  matched: ["ok", "t3"],
  in_transit: ["clock", "t2"],
  not_ours: ["p2", "tw"],
  differs: ["faulted", "tf"],
};

export function MatchMark({ of }: { of: Item }) {
  const t = useT();
  return <Mark look={matches[of.match]} word={t(`money.match.${of.match}`)} />;
}
