import { has, useT } from "#shared/i18n";
import { Icon, StateMark } from "#shared/parts";
import { billOf, flowOf, strange } from "./logic";
import type { Session } from "./types";

/** A flag in words; one that is new to this page as the server spells it. */
export const flagText = (t: ReturnType<typeof useT>, f: string) =>
  has(`sessions.flag.${f}`) ? t(`sessions.flag.${f}`) : f.replaceAll("_", " ");

/** A stop reason in words; others as OCPP spells them. */
export const reasonText = (t: ReturnType<typeof useT>, r: string) =>
  has(`sessions.reason.${r}`) ? t(`sessions.reason.${r}`) : r;

/** What a session does: the vehicle's state while open, the bill's once closed. */
export function SessionMark({ of }: { of: Session }) {
  const t = useT();
  const bill = billOf(of);
  if (bill === null) return <StateMark state={flowOf(of)} />;
  const [icon, tone] = (
    {
      billed: ["ok", "t3"],
      held: ["p2", "tw"],
      void: ["no", "t3"],
      waiting: ["clock", "t2"],
    } as const
  )[bill];
  return (
    <span className={`st ${tone}`}>
      <Icon name={icon} size={14} />
      <span>{t(`sessions.bill.${bill}`)}</span>
    </span>
  );
}

/** What is strange about a session, in words. */
export function Strange({ of }: { of: Session }) {
  const t = useT();
  const flags = strange(of.flags);
  if (flags.length === 0) return null;
  return (
    <span className={of.held ? "tw" : "t3"} title={flags.map((f) => flagText(t, f)).join(", ")}>
      {flags.map((f) => flagText(t, f)).join(", ")}
    </span>
  );
}
