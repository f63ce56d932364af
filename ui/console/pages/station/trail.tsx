import { clock, duration, num, power, text } from "#shared/format";
import { has, useT } from "#shared/i18n";
import { CommandTrail, useNow } from "#shared/parts";
import { type Command, okStatus } from "./types";

type T = ReturnType<typeof useT>;
type Node = Parameters<typeof CommandTrail>[0]["sent"];

/** "14:31:40.207" */
const exact = (at: string | null, zone?: string) =>
  at ? `${clock(at, zone)}.${String(new Date(at).getUTCMilliseconds()).padStart(3, "0")}` : "";
/** "+0.38 s" */
const after = (from: string | null, to: string | null) => {
  if (!from || !to) return "";
  const d = new Date(to).getTime() - new Date(from).getTime();
  return d < 10_000 ? `+${num(Math.max(d, 0) / 1000, 2)} s` : `+${duration(d)}`;
};

/** The words of a status, or the status itself. */
export const statusWord = (s: string, t: T) => (has(`command.status.${s}`) ? t(`command.status.${s}`) : s);
/** The name of a kind of command. */
export const kindWord = (k: string, t: T) => (has(`command.kind.${k}`) ? t(`command.kind.${k}`) : k);

/** A command as its three nodes. */
export function nodesOf(c: Command, now: number, t: T, zone?: string): { sent: Node; answered: Node; effect: Node } {
  const sent: Node =
    c.state === "failed"
      ? { look: "refused", word: t("command.notSent"), note: exact(c.queued_at, zone) }
      : c.state === "queued"
        ? { look: "waiting", word: t("command.queued"), note: exact(c.queued_at, zone) }
        : { look: "done", word: t("command.sent"), note: exact(c.sent_at ?? c.queued_at, zone) };
  const from = c.sent_at ?? c.queued_at;
  const fine = c.state === "answered" && okStatus(c.status);
  const answered: Node =
    c.state === "answered"
      ? { look: fine ? "done" : "refused", word: c.word || statusWord(c.status, t), note: after(from, c.answered_at) }
      : c.state === "sent"
        ? { look: "waiting", word: t("command.asking"), note: duration(now - new Date(from).getTime()) }
        : c.state === "expired"
          ? { look: "refused", word: t("command.noAnswer"), note: t("command.mayHave") }
          : { look: "idle", word: t("command.noAnswer"), note: "" };
  return { sent, answered, effect: effectOf(c, fine, now, t) };
}

function effectOf(c: Command, fine: boolean, now: number, t: T): Node {
  const e = c.effect;
  const from = c.answered_at ?? c.sent_at;
  if (e.state === "seen") return { look: "effect", word: t("command.seen"), note: after(from, e.at) };
  if (e.state === "missed") return { look: "refused", word: t("command.missed"), note: "" };
  if (e.state === "waiting" && from) {
    const word = has(`command.waitFor.${c.kind}`) ? t(`command.waitFor.${c.kind}`) : t("command.waiting");
    const end = e.deadline ? new Date(e.deadline).getTime() - new Date(from).getTime() : 0;
    const gone = duration(now - new Date(from).getTime());
    return { look: "waiting", word, note: t("command.of", { n: gone, all: duration(end) }) };
  }
  if (c.state === "sent" || c.state === "queued") return { look: "idle", word: t("command.effect"), note: "" };
  if (c.state === "expired") return { look: "idle", word: t("command.notKnown"), note: "" };
  return { look: "idle", word: fine ? t("command.noSign") : t("command.noEffect"), note: "" };
}

/** What of a command stands beside its name: "EVSE 2, hard". */
export function gistOf(c: Pick<Command, "kind" | "body">, t: T): string {
  const b = c.body ?? {};
  const out: string[] = [];
  if (typeof b.evse === "number" && b.evse > 0) out.push(`EVSE ${b.evse}`);
  if (c.kind === "reset") out.push(t(b.hard ? "command.hard" : "command.soft"));
  if (c.kind === "set_availability") out.push(t(b.operative ? "command.option.true" : "command.option.false"));
  if (typeof b.what === "string") out.push(has(`command.option.${b.what}`) ? t(`command.option.${b.what}`) : b.what);
  if (typeof b.location === "string") out.push(b.location);
  if (typeof b.transaction === "string" && b.transaction) out.push(b.transaction);
  const limit = limitOf(b.profile);
  if (limit) out.push(limit);
  const values = b.values;
  if (Array.isArray(values))
    out.push(
      values
        .slice(0, 3)
        .map((x: Record<string, unknown>) => `${x.component ? `${x.component}.` : ""}${x.variable} = ${x.value}`)
        .join(", ") + (values.length > 3 ? ` +${values.length - 3}` : ""),
    );
  return out.join(", ");
}

function limitOf(profile: unknown): string {
  const p = profile as { unit?: string; periods?: { limit?: { value: number } }[] } | undefined;
  const v = p?.periods?.[0]?.limit?.value;
  if (v === undefined) return "";
  return p?.unit === "A" ? `${num(v / 10, 1)} A` : `${num(v / 10_000, 1)} kW`;
}

/** What proved an effect, for people: ids say nothing, powers are in kW. */
function sayOf(s: string): string {
  const w = /^(\d+) W$/.exec(s)?.[1];
  return w !== undefined ? text(power(Number(w))) : /^(ses|cmd)_/.test(s) ? "" : s;
}

/** One command in the list at the right. */
export function Trail({ of, who, zone }: { of: Command; who: string; zone?: string }) {
  const t = useT();
  const now = useNow(of.effect.state === "waiting" || of.state === "sent" ? 1_000 : 30_000);
  const n = nodesOf(of, now, t, zone);
  const say = sayOf(of.effect.text);
  return (
    <li className="border-t border-line -mx-4 px-4 pt-1.5 pb-2">
      <div className="flex gap-2 items-baseline">
        <b className="whitespace-nowrap">{kindWord(of.kind, t)}</b>
        <span className="t2 cut" title={gistOf(of, t)}>
          {gistOf(of, t)}
        </span>
        <span className="sp" />
        <span className="t3 text-sm whitespace-nowrap">{who}</span>
      </div>
      <CommandTrail {...n} quote={of.reason || undefined} note={say || undefined} />
    </li>
  );
}
