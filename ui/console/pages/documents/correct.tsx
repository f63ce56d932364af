import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post, seg } from "#shared/api/client";
import { type Amount, kwh, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { Button, Dialog, Note, NumberField, Pair, Pairs, ProblemBox, Radios, TextArea } from "#shared/parts";
import { useDeed } from "../admin/form";
import { useDimension } from "../sessions/price";
import { flagText } from "../sessions/words";
import type { Document, Line } from "./types";

interface Preview {
  receipt: Document;
  left: Amount;
  energy_wh: number;
  held: string[] | null;
  lines: Line[];
  net: Amount;
  tax: Amount;
  gross: Amount;
}

/** Bills a session anew: first what it would cost, then the deed. */
export function CorrectDialog({ session, onClose }: { session: string; onClose: () => void }) {
  const t = useT();
  const go = useGo();
  const cache = useQueryClient();
  const look = useDeed();
  const deed = useDeed();
  const [decision, setDecision] = useState("accept");
  const [energy, setEnergy] = useState<number | null>(null);
  const [reason, setReason] = useState("");
  const [seen, setSeen] = useState<Preview | null>(null);
  const change = <T,>(set: (v: T) => void) => {
    return (v: T) => {
      set(v);
      setSeen(null);
    };
  };
  const body = {
    decision,
    reason: reason.trim(),
    ...(decision === "energy" ? { energy_wh: Math.round((energy ?? 0) * 1000) } : {}),
  };
  const ready = body.reason !== "" && (decision !== "energy" || energy !== null);
  const preview = () =>
    look.run(async () => setSeen(await post<Preview>(`/sessions/${seg(session)}/correction/preview`, body)));
  const correct = async () => {
    let made: Document[] = [];
    const done = await deed.run(async () => {
      made = (
        await post<{ items: Document[] }>(`/sessions/${seg(session)}/correction`, {
          ...body,
          gross_minor: seen?.gross.amount_minor ?? 0,
        })
      ).items;
      for (const k of ["/documents", "/support", "/sessions", "/claims"])
        await cache.invalidateQueries({ queryKey: [k] });
    });
    if (!done) return;
    onClose();
    const last = made.at(-1);
    if (last) go(`/documents/${seg(last.id)}`);
  };
  const held = (seen?.held ?? []).length > 0;
  return (
    <Dialog
      title={t("docs.correctTitle")}
      open
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          {seen && !held ? (
            <Button kind="danger-primary" busy={deed.busy} onClick={correct}>
              {t(`docs.correctDeed.${decision}`, { amount: money(seen.gross) })}
            </Button>
          ) : (
            <Button kind="primary" busy={look.busy} disabled={!ready} onClick={preview}>
              {t("docs.preview")}
            </Button>
          )}
        </>
      }
    >
      <Radios
        label={t("sessions.decision")}
        value={decision}
        onChange={change(setDecision)}
        options={["accept", "energy", "void"].map((d) => ({ value: d, label: t(`docs.decide.${d}`) }))}
      />
      {decision === "energy" && (
        <NumberField label={t("sessions.energyBilled")} unit="kWh" value={energy} onChange={change(setEnergy)} />
      )}
      <TextArea
        label={t("desk.reason")}
        help={t("docs.reasonHelp")}
        value={reason}
        onChange={setReason}
        maxLength={500}
        required
      />
      {seen && <Seen of={seen} decision={decision} />}
      {look.failed !== null && <ProblemBox error={look.failed} />}
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
    </Dialog>
  );
}

/** What a correction comes to. */
function Seen({ of: p, decision }: { of: Preview; decision: string }) {
  const t = useT();
  const dimension = useDimension();
  if ((p.held ?? []).length > 0)
    return (
      <p role="alert" className="tf">
        {t("docs.held", { why: (p.held ?? []).map((f) => flagText(t, f)).join(", ") })}
      </p>
    );
  const less = p.left.amount_minor - p.gross.amount_minor;
  const off = money({ amount_minor: Math.abs(less), currency: p.gross.currency });
  return (
    <div className="grid gap-2">
      <Pairs>
        <Pair name={t("docs.billedNow")}>{money(p.left)}</Pair>
        {decision !== "void" && <Pair name={t("sessions.billedEnergy")}>{`${kwh(p.energy_wh)} kWh`}</Pair>}
        {p.lines.map((l, i) => (
          <Pair key={i} name={dimension(l.dimension)}>
            {money(l.amount)}
          </Pair>
        ))}
        <Pair name={t("docs.billedThen")}>
          <b>{money(p.gross)}</b>
        </Pair>
      </Pairs>
      <Note>{t(less > 0 ? "docs.thenLess" : less < 0 ? "docs.thenMore" : "docs.thenSame", { amount: off })}</Note>
    </div>
  );
}
