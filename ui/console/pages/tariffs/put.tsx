import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem, put, seg } from "#shared/api/client";
import { ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, Dialog, Note, ProblemBox, Radios, TextArea, TextField, ZoneNote } from "#shared/parts";
import { momentOf, useDeed } from "../admin/form";
import type { Tariff } from "./data";
import { valueAt } from "./logic";

const sample = `{
  "country_code": "DE", "party_id": "ABC", "id": "my-tariff", "currency": "EUR", "tax_included": "YES",
  "elements": [
    { "price_components": [{ "type": "ENERGY", "price": 0.49, "vat": 19, "step_size": 1 }] }
  ],
  "last_updated": "2026-01-01T00:00:00Z"
}`;

/** Puts a tariff by its OCPI object; a problem is shown with the member at fault. */
export function PutTariff({
  name: old = "",
  text: was,
  id,
  onClose,
  onDone,
}: {
  name?: string;
  text?: string;
  /** The tariff that is changed; a new one without. */
  id?: string;
  onClose: () => void;
  onDone: (id: string) => void;
}) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [name, setName] = useState(old);
  const [text, setText] = useState(was ?? "");
  const [local, setLocal] = useState("");
  const [later, setLater] = useState(false);
  const [from, setFrom] = useState("");
  const field = deed.failed instanceof ApiProblem ? (deed.failed.problem.field ?? "") : "";
  const save = async () => {
    setLocal("");
    let body: { id?: unknown };
    try {
      body = JSON.parse(text);
    } catch (e) {
      setLocal(t("tariffs.noJson", { why: e instanceof Error ? e.message : "" }));
      return;
    }
    const its = body && typeof body === "object" && typeof body.id === "string" ? body.id : "";
    if (!its) return setLocal(t("tariffs.noId"));
    if (id && its !== id) return setLocal(t("tariffs.otherId", { id }));
    const query = { name: name.trim() || undefined, from: later ? momentOf(from) : undefined };
    if (await deed.run(() => put<Tariff>(`/tariffs/${seg(its)}`, body, query))) {
      await cache.invalidateQueries({ queryKey: ["/tariffs"] });
      onDone(its);
    }
  };
  return (
    <Dialog
      title={id ? t("tariffs.changeTitle", { id }) : t("tariffs.add")}
      open
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          <Button
            kind="primary"
            busy={deed.busy}
            disabled={text.trim() === "" || (later && !momentOf(from))}
            onClick={save}
          >
            {id ? t(later ? "offers.plan" : "tariffs.publish") : t("tariffs.add")}
          </Button>
        </>
      }
    >
      <TextField
        label={t("tariffs.name")}
        help={t("tariffs.nameHelp")}
        value={name}
        onChange={setName}
        maxLength={200}
      />
      <TextArea
        label={t("tariffs.ocpi")}
        help={t("tariffs.ocpiHelp")}
        error={local}
        value={text}
        onChange={setText}
        rows={16}
        mono
        spellCheck={false}
      />
      {!id && text.trim() === "" && (
        <p>
          <Button small onClick={() => setText(sample)}>
            {t("tariffs.sample")}
          </Button>
        </p>
      )}
      {id && <HoldsFrom later={later} onLater={setLater} from={from} onFrom={setFrom} error={deed.at("from")} />}
      {deed.failed !== null && (
        <>
          {field && field !== "from" && <At field={field} text={text} />}
          <ProblemBox error={deed.failed} />
        </>
      )}
      {id && <Note>{t(later ? "offers.planThen" : "tariffs.publishThen")}</Note>}
    </Dialog>
  );
}

/** From when on a version holds: at once, or from a moment to come. */
function HoldsFrom(p: {
  later: boolean;
  onLater: (later: boolean) => void;
  from: string;
  onFrom: (from: string) => void;
  error: string;
}) {
  const t = useT();
  return (
    <>
      <Radios
        label={t("offers.holdsFrom")}
        value={p.later ? "later" : "now"}
        onChange={(v) => p.onLater(v === "later")}
        options={(["now", "later"] as const).map((v) => ({ value: v, label: t(`offers.holds.${v}`) }))}
      />
      {p.later && (
        <TextField
          label={t("offers.fromWhen")}
          help={<ZoneNote zone={ownZone()} />}
          type="datetime-local"
          value={p.from}
          onChange={p.onFrom}
          error={p.error}
        />
      )}
    </>
  );
}

/** The member at fault, and what stands there. */
function At({ field, text }: { field: string; text: string }) {
  const t = useT();
  let found: unknown;
  try {
    found = valueAt(JSON.parse(text), field);
  } catch {
    found = undefined;
  }
  return (
    <p className="tf">
      {t("tariffs.atField")} <span className="mono break-all">{field}</span>
      {found !== undefined && (
        <>
          {": "}
          <span className="mono break-all">{JSON.stringify(found).slice(0, 200)}</span>
        </>
      )}
    </p>
  );
}
