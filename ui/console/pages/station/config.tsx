import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { num } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { useFilters } from "#shared/nav";
import { Ago, Button, Dialog, Empty, Loaded, Note, Plate, ProblemBox, TextField } from "#shared/parts";
import { useDeed } from "../admin/form";
import { Export } from "../export";
import { allSettings } from "../onboarding/checklist";
import type { TabProps } from "../station";
import { grouped, keyOf, nameOf, placeOf, secret, writeOf } from "./settings";
import { statusWord } from "./trail";
import { type Outcome, okStatus, type Setting } from "./types";

type Edits = ReadonlyMap<string, readonly [Setting, string]>;

/** The settings of a station as last reported: searched, changed with their difference shown first, asked anew. */
export default function Config({ station }: TabProps) {
  const t = useT();
  const me = useMe();
  const f = useFilters(["q"]);
  const q = useQuery(
    live([`station:${station.id}`], {
      queryKey: ["/stations", station.id, "settings", "all"],
      queryFn: ({ signal }: { signal: AbortSignal }) => allSettings(station.id, signal),
    }),
  );
  const [edits, setEdits] = useState<Edits>(new Map());
  const [writing, setWriting] = useState(false);
  const groups = useMemo(() => grouped(q.data ?? [], f.value.q), [q.data, f.value.q]);
  const may = me.may("stations");
  const edit = (s: Setting, value: string) => {
    const next = new Map(edits);
    if (value === s.value) next.delete(keyOf(s));
    else next.set(keyOf(s), [s, value]);
    setEdits(next);
  };
  return (
    <Plate
      title={t(station.protocol === "1.6" ? "station.keys" : "station.model2")}
      note={q.data && t("station.settingsCount", { count: q.data.length, n: num(q.data.length) })}
      actions={may && <AskAnew station={station.id} protocol={station.protocol} off={!station.connected} />}
    >
      <div className="flex flex-wrap gap-2 items-center mb-2">
        <TextField
          hideLabel
          type="search"
          label={t("station.findSetting")}
          placeholder={t("station.findSetting")}
          value={f.value.q}
          onChange={(v) => f.set({ q: v })}
        />
        <span className="sp" />
        <Export list={`stations/${seg(station.id)}/settings`} />
        {edits.size > 0 && (
          <>
            <span className="tp">{t("station.changed", { count: edits.size })}</span>
            <Button onClick={() => setEdits(new Map())}>{t("station.forget")}</Button>
            <Button kind="primary" disabled={!station.connected} onClick={() => setWriting(true)}>
              {t("station.review")}
            </Button>
          </>
        )}
      </div>
      <Loaded of={q}>
        {(all) =>
          all.length === 0 ? (
            <Empty why={t("station.noSettings")}>
              <p className="t3">{t(station.connected ? "station.askNext" : "station.askOffline")}</p>
            </Empty>
          ) : groups.length === 0 ? (
            <Empty why={t("parts.nothing", { q: f.value.q })} />
          ) : (
            groups.map(([place, list]) => (
              <Group
                key={place}
                place={place}
                list={list}
                edits={edits}
                onEdit={may ? edit : undefined}
                open={f.value.q !== "" || groups.length < 3}
              />
            ))
          )
        }
      </Loaded>
      {writing && (
        <Write
          station={station.id}
          edits={[...edits.values()]}
          onClose={(done) => {
            setWriting(false);
            if (done) setEdits(new Map());
          }}
        />
      )}
    </Plate>
  );
}

function Group({
  place,
  list,
  edits,
  onEdit,
  open,
}: {
  place: string;
  list: readonly Setting[];
  edits: Edits;
  onEdit?: (s: Setting, v: string) => void;
  open: boolean;
}) {
  const t = useT();
  const table = (
    <ul className="grid">
      {list.map((s) => (
        <Row key={keyOf(s)} of={s} edited={edits.get(keyOf(s))?.[1]} onEdit={onEdit} />
      ))}
    </ul>
  );
  if (place === "") return table;
  return (
    <details open={open || list.some((s) => edits.has(keyOf(s)))} className="border-t border-line -mx-4 px-4">
      <summary className="py-1 cursor-pointer font-semi">
        {place} <span className="t3 font-normal">{num(list.length)}</span>
        {list.some((s) => edits.has(keyOf(s))) && <span className="tp"> {t("station.edited")}</span>}
      </summary>
      {table}
    </details>
  );
}

function Row({ of: s, edited, onEdit }: { of: Setting; edited?: string; onEdit?: (s: Setting, v: string) => void }) {
  const t = useT();
  const [editing, setEditing] = useState(false);
  const name = nameOf(s);
  return (
    <li className="border-t border-line py-1 grid gap-x-4 items-center grid-cols-[minmax(0,1fr)_minmax(0,1fr)_180px] max-sm:grid-cols-[minmax(0,1fr)]">
      <span className="mono break-all">{name}</span>
      {editing && onEdit ? (
        <TextField
          hideLabel
          label={name}
          mono
          autoFocus
          maxLength={2500}
          value={edited ?? (secret(s) ? "" : s.value)}
          onChange={(v) => onEdit(s, v)}
        />
      ) : (
        <span className="mono break-all">
          {edited !== undefined ? (
            <>
              <del className="t3">{s.value || t("station.emptyValue")}</del>{" "}
              <ins className="tp no-underline font-semi">{edited || t("station.emptyValue")}</ins>
            </>
          ) : (
            s.value || <span className="t3">{t("station.emptyValue")}</span>
          )}
        </span>
      )}
      <span className="flex gap-2 items-center justify-end max-sm:justify-start">
        <span className="t3 text-sm whitespace-nowrap">
          <Ago at={s.seen_at} />
        </span>
        {s.read_only ? (
          <span className="t3 text-sm w-[76px] text-right">{t("station.readOnly")}</span>
        ) : (
          onEdit && (
            <Button small aria-label={t("station.editOne", { name })} onClick={() => setEditing(!editing)}>
              {t(editing ? "station.editEnd" : "station.edit")}
            </Button>
          )
        )}
      </span>
    </li>
  );
}

interface Result {
  component?: string;
  variable: string;
  status: string;
  word?: string;
  reason?: string;
}

/** Shows old and new before anything is sent, then what the station said of each. */
function Write({
  station,
  edits,
  onClose,
}: {
  station: string;
  edits: readonly (readonly [Setting, string])[];
  onClose: (done: boolean) => void;
}) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [answer, setAnswer] = useState<Outcome | null>(null);
  const send = () =>
    deed.run(async () => {
      setAnswer(await post<Outcome>(`/stations/${seg(station)}/commands/set_settings`, writeOf(edits)));
      await cache.invalidateQueries({ queryKey: ["/stations", station] });
    });
  const results = (answer?.data as Result[] | undefined) ?? [];
  const reboot = results.some((r) => r.status === "reboot_required");
  return (
    <Dialog
      title={t("station.changeSettings", { count: edits.length })}
      open
      onClose={() => onClose(answer !== null)}
      footer={
        answer ? (
          <Button kind="primary" onClick={() => onClose(true)}>
            {t("parts.close")}
          </Button>
        ) : (
          <>
            <Button onClick={() => onClose(false)}>{t("parts.cancel")}</Button>
            <Button kind="primary" busy={deed.busy} onClick={() => void send()}>
              {t("station.changeSettings", { count: edits.length })}
            </Button>
          </>
        )
      }
    >
      <ul className="grid gap-2">
        {edits.map(([s, value]) => {
          const r = results.find((x) => x.variable === s.variable && (x.component ?? "") === s.component);
          return (
            <li key={keyOf(s)} className="break-all">
              <span className="mono">{[placeOf(s), nameOf(s)].filter(Boolean).join(".")}</span>
              <p className="mono">
                <del className="t3">{s.value || t("station.emptyValue")}</del> →{" "}
                <ins className="tp no-underline font-semi">{value || t("station.emptyValue")}</ins>
              </p>
              {r && (
                <p className={okStatus(r.status) ? "te" : "tf"}>
                  {statusWord(r.status, t)}
                  {(r.word || r.reason) && (
                    <span className="mono"> “{[r.word, r.reason].filter(Boolean).join(", ")}”</span>
                  )}
                </p>
              )}
            </li>
          );
        })}
      </ul>
      {answer && results.length === 0 && (
        <p role="status">
          {statusWord(answer.status, t)} {answer.reason && <span className="mono">“{answer.reason}”</span>}
        </p>
      )}
      {reboot && <Note>{t("station.rebootHint")}</Note>}
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
    </Dialog>
  );
}

function AskAnew({ station, protocol, off }: { station: string; protocol: string; off: boolean }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const ask = () =>
    deed.run(async () => {
      await post(`/stations/${seg(station)}/commands/report_settings`, protocol === "1.6" ? {} : { base: "full" });
      await cache.invalidateQueries({ queryKey: ["/stations", station] });
    });
  return (
    <>
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <Button busy={deed.busy} disabled={off} onClick={() => void ask()}>
        {t("station.askAnew")}
      </Button>
    </>
  );
}
