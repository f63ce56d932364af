import { seg } from "#shared/api/client";
import { clock, day, money } from "#shared/format";
import { has, useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Icon } from "#shared/parts";
import { flagText, reasonText } from "../sessions/words";
import { apart, faultWords } from "../station/faults";
import type { Case, CaseEvent } from "./types";

type T = ReturnType<typeof useT>;

/** A word of the server that is new to this page, as it spells it. */
const spelt = (word: string) => apart(word).replaceAll("_", " ");

const commandText = (t: T, k: string) => (has(`desk.commands.${k}`) ? t(`desk.commands.${k}`) : spelt(k));
const deedText = (t: T, d: string) => (has(`desk.deeds.${d}`) ? t(`desk.deeds.${d}`) : spelt(d));

/** The short of an event: what it was, in a few words. */
function headOf(t: T, e: CaseEvent): string {
  const amount = e.amount ? money(e.amount) : "";
  switch (e.kind) {
    case "authorised":
      return t(has(`desk.verdict.${e.word}`) ? `desk.verdict.${e.word}` : "desk.verdict.other", { token: e.text });
    case "price":
      return t(`desk.price.${e.word}`);
    case "flow":
      return t(`desk.flow.${e.word}`);
    case "stopped":
      return t("desk.stopped", { why: reasonText(t, e.word) });
    case "held":
      return t("desk.held", {
        why: e.word
          .split(",")
          .map((f) => flagText(t, f))
          .join(", "),
      });
    case "decided":
      return t(`desk.decided.${e.word}`);
    case "fault":
      return t("desk.fault", { what: faultWords(e.word, t) });
    case "notice":
      return apart(e.word);
    case "command":
      return t("desk.command", { what: commandText(t, e.word) });
    case "deed":
      return deedText(t, e.word);
    case "document":
      return t(`desk.issued.${e.word}`, { number: e.text, amount });
    case "step":
      return t(e.ok === false ? "desk.stepNo" : "desk.stepYes", { what: t(`desk.step.${e.word}`), amount });
    case "payment":
      return t(`desk.trouble.${e.word}`, { amount });
    case "dispute":
      return t("desk.dispute", { amount });
    case "claim":
      return t(`desk.claim.${e.word}`, { amount });
    case "report":
      return t("desk.report", { what: t(`reports.kinds.${e.word}`) });
    case "mail":
      return t(e.ok === false ? "desk.mailNo" : "desk.mail", { subject: e.text });
    default:
      return t(`desk.event.${e.kind}`);
  }
}

/** What stands below: what was said, by whom, and why. */
function restOf(t: T, e: CaseEvent): string[] {
  const words = ["authorised", "document", "mail"].includes(e.kind) ? "" : e.text;
  return [
    e.kind === "step" && /^\d{4}$/.test(words) ? t("desk.card", { last4: words }) : words,
    e.reason && `“${e.reason}”`,
    e.by && t("desk.by", { name: e.by }),
  ].filter((x): x is string => x !== "");
}

/** What happened, in order, each with its time; days are named where they change. */
export function Trail({ of }: { of: Case }) {
  const t = useT();
  const zone = of.time_zone || "UTC";
  let last = "";
  return (
    <ol className="grid" aria-label={t("desk.trail")}>
      {of.trail.map((e, i) => {
        const today = day(e.at, zone);
        const head = today !== last;
        last = today;
        const bad = e.ok === false;
        const rest = restOf(t, e);
        return (
          <li key={i} className={i > 0 && head ? "mt-2" : ""}>
            {head && <p className="t2 font-semi text-sm pb-1">{today}</p>}
            <div className="grid grid-cols-[64px_18px_minmax(0,1fr)] gap-x-2 border-t border-line py-1">
              <time className="t2" dateTime={e.at}>
                {clock(e.at, zone)}
              </time>
              <span className={bad ? "tf" : "t3"}>
                {bad ? <Icon name="p1" size={14} /> : <span aria-hidden="true">·</span>}
              </span>
              <div className="min-w-0">
                <p className={bad ? "tf" : ""}>
                  {e.kind === "document" ? (
                    <A className="lk" href={`/documents/${seg(e.ref)}`}>
                      {headOf(t, e)}
                    </A>
                  ) : (
                    headOf(t, e)
                  )}
                </p>
                {rest.length > 0 && <p className="t2 text-sm break-words">{rest.join(" · ")}</p>}
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
