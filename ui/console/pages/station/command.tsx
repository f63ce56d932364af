import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { energy, text } from "#shared/format";
import { has, useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { Button, Check, Dialog, Note, NumberField, ProblemBox, Select, TextArea, TextField } from "#shared/parts";
import { useDeed } from "../admin/form";
import {
  applies,
  bodyOf,
  dangerous,
  examples,
  type FieldSpec,
  type FormSpec,
  forms,
  initialOf,
  missing,
  type Values,
} from "./kinds";
import { kindWord, statusWord } from "./trail";
import { type Bay, type Outcome, okStatus } from "./types";

/** To whom a command goes: one station, or many as a job. */
export interface Target {
  /** One station's id. */
  station?: string;
  protocol?: string;
  evses?: readonly number[];
  bays?: readonly Bay[];
  /** Open transactions that can be chosen, with their words. */
  transactions?: readonly { value: string; label: string }[];
  /** Many stations: their ids, or the filter of the list, and how many they are. */
  many?: { stations?: string[]; filter?: Record<string, string>; count: number };
}

/** Asks for what a command needs, sends it, and shows what the station answered. */
export function CommandDialog({
  kind,
  target,
  preset,
  raw,
  onClose,
}: {
  kind: string;
  target: Target;
  preset?: Values;
  /** Begins a JSON body with this instead of the kind's example. */
  raw?: unknown;
  onClose: () => void;
}) {
  const t = useT();
  const spec = raw === undefined ? forms[kind] : undefined;
  const name = kindWord(kind, t);
  const [v, set] = useState<Values>(() => ({ ...(spec ? initialOf(spec) : {}), ...preset }));
  const [json, setJson] = useState(() => JSON.stringify(raw ?? examples[kind] ?? {}, null, 2));
  const [late, setLate] = useState(false);
  const send = useSend(kind, target);
  const protocol = target.protocol ?? "";
  const lacks = spec ? missing(spec, v, protocol) : [];
  const danger = dangerous(spec, v);
  const submit = (e?: FormEvent) => {
    e?.preventDefault();
    setLate(true);
    if (lacks.length === 0) void send.run(() => (spec ? bodyOf(spec, shown(spec, v, protocol)) : JSON.parse(json)));
  };
  return (
    <Dialog
      title={target.station ? t("command.titleOne", { name, id: target.station }) : name}
      open
      onClose={onClose}
      footer={
        send.answer ? (
          <Button kind="primary" onClick={onClose}>
            {t("parts.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("parts.cancel")}</Button>
            <Button kind={danger ? "danger-primary" : "primary"} busy={send.busy} onClick={() => submit()}>
              {target.many ? t("command.sendMany", { name, count: target.many.count }) : name}
            </Button>
          </>
        )
      }
    >
      {send.answer ? (
        <Answer of={send.answer} />
      ) : (
        <form className="grid gap-3" onSubmit={submit}>
          {danger && <Note>{consequence(kind, v, target, t)}</Note>}
          {has(`command.help.${kind}`) && <p className="t2">{t(`command.help.${kind}`)}</p>}
          {spec ? (
            spec.fields
              .filter((f) => applies(f, protocol))
              .map((f) => (
                <OneField
                  key={f.name}
                  of={f}
                  target={target}
                  value={v[f.name] ?? null}
                  onChange={(x) => set({ ...v, [f.name]: x })}
                  error={late && lacks.includes(f.name) ? t("command.needed") : send.at(f.name)}
                />
              ))
          ) : (
            <TextArea
              label={t("command.json")}
              help={t("command.jsonHelp")}
              mono
              rows={10}
              spellCheck={false}
              value={json}
              onChange={setJson}
            />
          )}
          {send.failed !== null && <ProblemBox error={send.failed} />}
          <button type="submit" hidden />
        </form>
      )}
    </Dialog>
  );
}

/** Takes the values of fields that the station's protocol does not know out. */
const shown = (spec: FormSpec, v: Values, protocol: string): Values =>
  Object.fromEntries(
    Object.entries(v).map(([k, x]) => [k, spec.fields.some((f) => f.name === k && !applies(f, protocol)) ? "" : x]),
  );

function useSend(kind: string, target: Target) {
  const t = useT();
  const cache = useQueryClient();
  const go = useGo();
  const deed = useDeed();
  const [answer, setAnswer] = useState<Outcome | null>(null);
  const run = (make: () => unknown) =>
    deed.run(async () => {
      let body: unknown;
      try {
        body = make();
      } catch {
        throw new Error(t("command.noJson"));
      }
      if (target.many) {
        const { stations, filter } = target.many;
        const job = await post<{ id: string }>("/jobs", { kind, body, ...(stations ? { stations } : { filter }) });
        void cache.invalidateQueries({ queryKey: ["/jobs"] });
        go(`/jobs/${seg(job.id)}`);
        return;
      }
      const id = target.station ?? "";
      try {
        setAnswer(await post<Outcome>(`/stations/${seg(id)}/commands/${kind}`, body));
      } finally {
        void cache.invalidateQueries({ queryKey: ["/stations", id] });
      }
    });
  return { ...deed, run, answer };
}

/** What an answer says, in our words and the station's. */
export function Answer({ of }: { of: Outcome }) {
  const t = useT();
  const good = okStatus(of.status);
  return (
    <div className="grid gap-2" role="status">
      <p>
        <b className={good ? "te" : "tf"}>{statusWord(of.status, t)}</b>
        {of.word && <span className="t2"> {t("command.saysWord", { word: of.word })}</span>}
      </p>
      {of.reason && <p className="mono">“{of.reason}”</p>}
      {of.data !== undefined && of.data !== null && (
        <pre className="mono bg-well p-2 overflow-auto max-h-80 whitespace-pre-wrap break-all">
          {JSON.stringify(of.data, null, 2)}
        </pre>
      )}
      {good && <p className="t3 text-sm">{t("command.followed")}</p>}
    </div>
  );
}

/** What a dangerous command does to sessions now: said before it is sent. */
export function consequence(kind: string, v: Values, target: Target, t: ReturnType<typeof useT>): string {
  const what = has(`command.then.${kind}`) ? t(`command.then.${kind}`) : t("command.then.any");
  if (target.many) return `${what} ${t("command.thenMany", { count: target.many.count })}`;
  const ends = kind === "remote_stop" || (kind === "reset" && v.hard === true) || kind === "unlock";
  const evse = Number(v.evse) || 0;
  const open = (target.bays ?? []).filter((b) => b.session_id && (evse === 0 || b.evse_id === evse));
  if (!ends || open.length === 0) return open.length === 0 ? `${what} ${t("command.thenNone")}` : what;
  const wh = open.reduce((n, b) => n + b.energy_wh, 0);
  return `${what} ${t("command.thenStops", { count: open.length, energy: text(energy(wh)) })}`;
}

function OneField({
  of,
  target,
  value,
  onChange,
  error,
}: {
  of: FieldSpec;
  target: Target;
  value: Values[string];
  onChange: (v: Values[string]) => void;
  error?: string;
}) {
  const t = useT();
  const label = t(`command.field.${of.name}`);
  const help = has(`command.fieldHelp.${of.name}`) ? t(`command.fieldHelp.${of.name}`) : undefined;
  const text = String(value ?? "");
  // A choice that has one member is made.
  const only = of.type === "evse" && !of.whole && target.evses?.length === 1 ? target.evses[0] : undefined;
  useEffect(() => {
    if (only !== undefined && value !== only) onChange(only);
  }, [only, value, onChange]);
  switch (of.type) {
    case "check":
      return <Check label={label} help={help} checked={value === true} onChange={onChange} />;
    case "number":
    case "connector":
      return (
        <NumberField
          label={label}
          help={help}
          unit={of.unit}
          value={typeof value === "number" ? value : null}
          onChange={onChange}
          error={error}
        />
      );
    case "evse":
      if (!target.evses)
        return (
          <NumberField
            label={label}
            help={of.whole ? t("command.zero") : undefined}
            value={typeof value === "number" ? value : null}
            onChange={onChange}
            error={error}
          />
        );
      return (
        <Select
          label={label}
          value={value === null ? "" : text}
          onChange={(x) => onChange(x === "" ? null : Number(x))}
          error={error}
          options={[
            ...(of.whole
              ? [{ value: "0", label: t("command.whole") }]
              : target.evses.length === 1
                ? []
                : [{ value: "", label: t("command.pick") }]),
            ...target.evses.map((e) => ({ value: String(e), label: `EVSE ${e}` })),
          ]}
        />
      );
    case "transaction":
      if (target.transactions?.length)
        return (
          <Select
            label={label}
            value={text}
            onChange={onChange}
            error={error}
            options={[{ value: "", label: t("command.pick") }, ...target.transactions]}
          />
        );
      return <TextField label={label} help={help} mono value={text} onChange={onChange} error={error} />;
    case "select":
      return (
        <Select
          label={label}
          help={help}
          value={text}
          onChange={onChange}
          error={error}
          options={(of.options ?? []).map((o) => ({
            value: o,
            label: o === "" ? t("parts.any") : has(`command.option.${o}`) ? t(`command.option.${o}`) : o,
          }))}
        />
      );
    case "area":
      return <TextArea label={label} help={help} mono={of.mono} value={text} onChange={onChange} />;
    case "time":
      return (
        <TextField label={label} help={help} type="datetime-local" value={text} onChange={onChange} error={error} />
      );
    default:
      return (
        <TextField
          label={label}
          help={help}
          mono={of.mono}
          maxLength={2000}
          value={text}
          onChange={onChange}
          error={error}
        />
      );
  }
}

/** Any OCPP action with its raw payload, for operators. */
export function RawDialog({ station, onClose }: { station: string; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const deed = useDeed();
  const [action, setAction] = useState("");
  const [json, setJson] = useState("{}");
  const [answer, setAnswer] = useState<unknown>(undefined);
  const send = (e?: FormEvent) => {
    e?.preventDefault();
    void deed.run(async () => {
      let body: unknown;
      try {
        body = JSON.parse(json);
      } catch {
        throw new Error(t("command.noJson"));
      }
      setAnswer(await post(`/stations/${seg(station)}/ocpp/${seg(action.trim())}`, body));
      void cache.invalidateQueries({ queryKey: ["/stations", station] });
    });
  };
  return (
    <Dialog
      title={t("command.rawTitle", { id: station })}
      open
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("parts.close")}</Button>
          <Button
            kind="danger-primary"
            busy={deed.busy}
            disabled={!action.trim() || !me.may("stations")}
            onClick={() => send()}
          >
            {t("command.rawSend", { action: action.trim() || "…" })}
          </Button>
        </>
      }
    >
      <form className="grid gap-3" onSubmit={send}>
        <Note>{t("command.rawNote")}</Note>
        <TextField
          label={t("command.rawAction")}
          help={t("command.rawActionHelp")}
          mono
          required
          maxLength={60}
          value={action}
          onChange={setAction}
        />
        <TextArea label={t("command.rawPayload")} mono rows={8} spellCheck={false} value={json} onChange={setJson} />
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        {answer !== undefined && (
          <div role="status">
            <p className="t2">{t("command.rawAnswer")}</p>
            <pre className="mono bg-well p-2 overflow-auto max-h-80 whitespace-pre-wrap break-all">
              {JSON.stringify(answer, null, 2)}
            </pre>
          </div>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
