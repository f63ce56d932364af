import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { put, seg } from "#shared/api/client";
import { ownZone } from "#shared/format";
import { language, useT } from "#shared/i18n";
import { Button, Dialog, Note, ProblemBox, Radios, TextField, ZoneNote } from "#shared/parts";
import { momentOf, useDeed } from "../../admin/form";
import { type Tariff, useTariffNames } from "../data";
import { type Doc, tally } from "./model";
import type { Linted } from "./tools";

/** What changes for drivers, and how many remarks there are, before a version is published. */
export function Save({
  doc,
  id,
  tag,
  old,
  linted,
  name,
  onName,
  onClose,
  onDone,
}: {
  doc: Doc;
  /** The tariff that is changed; "" for a new one. */
  id: string;
  /** The ETag of what is changed: nothing is saved over what somebody else made of it meanwhile. */
  tag: string;
  old: string;
  linted: Linted;
  name: string;
  onName: (v: string) => void;
  onClose: () => void;
  onDone: (id: string) => void;
}) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [later, setLater] = useState(false);
  const [from, setFrom] = useState("");
  const n = tally(linted.findings);
  const now = linted.sentences.find((s) => s.language === language()) ?? linted.sentences[0];
  const names = useTariffNames();
  const its = id || (typeof doc.id === "string" ? doc.id.trim() : "");
  const taken = id === "" && (names.data?.items.some((x) => x.id.toLowerCase() === its.toLowerCase()) ?? false);
  const save = async () => {
    const query = { name: name.trim() || undefined, from: later ? momentOf(from) : undefined };
    const body = { ...doc, id: its, last_updated: new Date().toISOString().replace(/\.\d+Z/, "Z") };
    if (
      await deed.run(() =>
        put<Tariff>(`/tariffs/${seg(its)}`, body, query, id ? { "If-Match": tag } : { "If-None-Match": "*" }),
      )
    ) {
      // What the page began with stays as it is until it is left.
      await cache.invalidateQueries({ queryKey: ["/tariffs"], predicate: (q) => q.queryKey[2] !== "edit" });
      onDone(its);
    }
  };
  return (
    <Dialog
      title={id ? t("tariffs.changeTitle", { id }) : t("tariffs.add")}
      open
      onClose={onClose}
      className="wide"
      footer={
        <>
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          <Button kind="primary" busy={deed.busy} disabled={!its || taken || (later && !momentOf(from))} onClick={save}>
            {id ? t(later ? "offers.plan" : "tariffs.publish") : t("tariffs.add")}
          </Button>
        </>
      }
    >
      <TextField
        label={t("tariffs.name")}
        help={t("tariffs.nameHelp")}
        value={name}
        onChange={onName}
        maxLength={200}
      />
      {taken && <Note>{t("tedit.taken", { id: its })}</Note>}
      {!its && <Note>{t("tedit.noId")}</Note>}
      <section aria-label={t("tedit.drivers")}>
        <h3 className="font-semi">{t("tedit.drivers")}</h3>
        {id && old !== now?.sentence ? (
          <dl className="grid gap-1 mt-1">
            <div>
              <dt className="t3 text-sm">{t("tedit.before")}</dt>
              <dd className="t2 line-through">{old}</dd>
            </div>
            <div>
              <dt className="t3 text-sm">{t("tedit.after")}</dt>
              <dd>{now?.sentence}</dd>
            </div>
          </dl>
        ) : (
          <p>{id ? t("tedit.sameSentence", { sentence: now?.sentence }) : now?.sentence}</p>
        )}
      </section>
      {linted.findings.length > 0 && (
        <Note>
          {[
            n.error > 0 && t("tedit.errors", { count: n.error }),
            n.warning > 0 && t("tedit.warnings", { count: n.warning }),
            n.advice > 0 && t("tedit.advices", { count: n.advice }),
          ]
            .filter(Boolean)
            .join(", ")}
        </Note>
      )}
      {id && <HoldsFrom later={later} onLater={setLater} from={from} onFrom={setFrom} error={deed.at("from")} />}
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      {id && <p className="t3 text-sm">{t(later ? "offers.planThen" : "tariffs.publishThen")}</p>}
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
