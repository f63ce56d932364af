import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { get, post, seg } from "#shared/api/client";
import { clock, kwh } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import {
  Button,
  CommandTrail,
  ConfirmByConsequence,
  Dialog,
  Loaded,
  Note,
  NumberField,
  ProblemBox,
  Radios,
  Select,
  TextArea,
  type TrailNode,
  useProblemText,
} from "#shared/parts";
import { useDeed } from "../admin/form";
import { onlyVoid } from "./logic";
import type { Session } from "./types";
import { flagText, reasonText } from "./words";

const reasons = ["Other", "Local", "Remote", "EVDisconnected", "PowerLoss", "Reboot", "Timeout"];

/** Closes open sessions on our side; the stations are not asked. */
export function CloseDialog({ sessions, onClose }: { sessions: readonly Session[]; onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const text = useProblemText();
  const [reason, setReason] = useState("Other");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(0);
  const [failed, setFailed] = useState<{ id: string; text: string }[]>([]);
  const [over, setOver] = useState(false);
  const wh = sessions.reduce((n, s) => n + s.energy_wh, 0);
  const run = async () => {
    setBusy(true);
    const bad: typeof failed = [];
    for (const [i, s] of sessions.entries()) {
      try {
        await post(`/sessions/${seg(s.id)}/close`, { reason, ...(note ? { note } : {}) });
      } catch (e) {
        bad.push({ id: `${s.station_id} ${s.evse_id}`, text: text(e) });
      }
      setDone(i + 1);
    }
    await cache.invalidateQueries({ queryKey: ["/sessions"] });
    await cache.invalidateQueries({ queryKey: ["/sessions/summary"] });
    setBusy(false);
    setFailed(bad);
    if (bad.length === 0) onClose();
    else setOver(true);
  };
  return (
    <Dialog
      title={t("sessions.closeTitle", { count: sessions.length, n: sessions.length })}
      open
      onClose={onClose}
      footer={
        over ? (
          <Button kind="primary" onClick={onClose}>
            {t("parts.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("parts.cancel")}</Button>
            <Button kind="danger-primary" busy={busy} onClick={run}>
              {busy
                ? t("sessions.closing", { n: done, all: sessions.length })
                : t("sessions.closeDeed", { count: sessions.length, n: sessions.length })}
            </Button>
          </>
        )
      }
    >
      <Note>{t("sessions.closeThen", { count: sessions.length, n: sessions.length, kwh: kwh(wh) })}</Note>
      <Select
        label={t("sessions.closeReason")}
        value={reason}
        onChange={setReason}
        options={reasons.map((r) => ({ value: r, label: reasonText(t, r) }))}
      />
      <TextArea
        label={t("sessions.note")}
        help={t("sessions.noteHelp")}
        value={note}
        onChange={setNote}
        maxLength={1000}
      />
      {failed.length > 0 && (
        <div role="alert" className="tf">
          <p>{t("sessions.closeFailed", { count: failed.length, n: failed.length })}</p>
          <ul>
            {failed.slice(0, 20).map((f, i) => (
              <li key={i}>{`${f.id}: ${f.text}`}</li>
            ))}
          </ul>
        </div>
      )}
    </Dialog>
  );
}

interface Command {
  id: string;
  state: string;
  status: string;
  word: string;
  reason: string;
  sent_at: string | null;
  answered_at: string | null;
  effect: { state: "none" | "waiting" | "seen" | "missed"; at: string | null; text: string; deadline: string | null };
}

/** Asks the station to stop a session, and shows what became of it. */
export function StopDialog({ of, zone, onClose }: { of: Session; zone: string; onClose: () => void }) {
  const t = useT();
  const [sent, setSent] = useState<string | null>(null);
  const done = useRef(false); // the question closes once the command is sent; its answer is shown then
  const q = useQuery(
    live([`session:${of.id}`, `station:${of.station_id}`], {
      queryKey: ["/commands", sent ?? ""],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Command>(`/commands/${seg(sent ?? "")}`, {}, signal),
      enabled: sent !== null,
    }),
  );
  if (sent === null) {
    return (
      <ConfirmByConsequence
        title={t("sessions.stopTitle", { where: `${of.station_id} EVSE ${of.evse_id}` })}
        open
        onClose={() => !done.current && onClose()}
        consequence={t("sessions.stopThen", { kwh: kwh(of.energy_wh) })}
        deed={t("sessions.stopDeed")}
        act={async () => {
          const { command_id } = await post<{ command_id?: string }>(
            `/stations/${seg(of.station_id)}/commands/remote_stop`,
            { transaction: of.transaction_id },
          );
          if (!command_id) return; // its record could not be written
          done.current = true;
          setSent(command_id);
        }}
      />
    );
  }
  return (
    <Dialog
      title={t("sessions.stopTitle", { where: `${of.station_id} EVSE ${of.evse_id}` })}
      open
      onClose={onClose}
      footer={
        <Button kind="primary" onClick={onClose}>
          {t("parts.close")}
        </Button>
      }
    >
      <Loaded of={q}>{(c) => <Trail c={c} zone={zone} ended={of.state === "closed"} />}</Loaded>
    </Dialog>
  );
}

function Trail({ c, zone, ended }: { c: Command; zone: string; ended: boolean }) {
  const t = useT();
  const accepted = c.status === "accepted";
  const answered: TrailNode = c.answered_at
    ? {
        look: accepted ? "done" : "refused",
        word: accepted ? t("sessions.accepted") : t("sessions.refused"),
        note: clock(c.answered_at, zone),
      }
    : c.state === "failed" || c.state === "expired"
      ? { look: "refused", word: t("sessions.silent") }
      : { look: "waiting", word: t("sessions.waiting") };
  const effect: TrailNode =
    ended || c.effect.state === "seen"
      ? { look: "effect", word: t("sessions.hasStopped"), note: c.effect.at ? clock(c.effect.at, zone) : undefined }
      : c.effect.state === "missed"
        ? { look: "refused", word: t("sessions.notStopped") }
        : accepted
          ? { look: "waiting", word: t("sessions.waitingStop") }
          : { look: "idle", word: t("sessions.noEffect") };
  return (
    <CommandTrail
      sent={{ look: "done", word: t("sessions.sent"), note: clock(c.sent_at, zone) }}
      answered={answered}
      effect={effect}
      quote={c.word || undefined}
      note={c.reason || undefined}
    />
  );
}

/** Decides about a held session: as measured, by a figure, or never billed. */
export function ReviewForm({ of }: { of: Session }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const must = onlyVoid(of.flags);
  const [decision, setDecision] = useState<string>(must ? "void" : "accept");
  const [energy, setEnergy] = useState<number | null>(of.energy_wh / 1000);
  const [reason, setReason] = useState("");
  const missing = reason.trim() === "" || (decision === "energy" && energy === null);
  const options = (["accept", "energy", "void"] as const).filter((d) => !must || d === "void");
  const run = () =>
    deed.run(async () => {
      await post(`/sessions/${seg(of.id)}/review`, {
        decision,
        reason: reason.trim(),
        ...(decision === "energy" ? { energy_wh: Math.round((energy ?? 0) * 1000) } : {}),
      });
      await cache.invalidateQueries({ queryKey: ["/sessions"] });
      await cache.invalidateQueries({ queryKey: ["/sessions/summary"] });
    });
  return (
    <form
      className="grid gap-3 max-w-xl"
      onSubmit={(e) => {
        e.preventDefault();
        void run();
      }}
    >
      <p className="t2">
        {t("sessions.reviewWhy", { why: (of.flags ?? []).map((f) => flagText(t, f)).join(", ") })}
        {must && ` ${t(must)}`}
      </p>
      <Radios
        label={t("sessions.decision")}
        value={decision}
        onChange={setDecision}
        options={options.map((d) => ({ value: d, label: t(`sessions.decide.${d}`) }))}
      />
      {decision === "energy" && (
        <NumberField
          label={t("sessions.energyBilled")}
          unit="kWh"
          value={energy}
          onChange={setEnergy}
          error={deed.at("energy_wh")}
        />
      )}
      <TextArea
        label={t("sessions.reviewReason")}
        help={t("sessions.reviewReasonHelp")}
        value={reason}
        onChange={setReason}
        error={deed.at("reason")}
        maxLength={500}
        required
      />
      <Note>
        {decision === "void"
          ? t("sessions.thenVoid")
          : t("sessions.thenBill", { kwh: kwh(decision === "energy" ? (energy ?? 0) * 1000 : of.energy_wh) })}
      </Note>
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <p>
        <Button type="submit" kind={decision === "void" ? "danger" : "primary"} busy={deed.busy} disabled={missing}>
          {t(`sessions.decideDeed.${decision}`)}
        </Button>
      </p>
    </form>
  );
}
