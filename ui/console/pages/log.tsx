import { useMemo, useState } from "react";
import { address, seg } from "#shared/api/client";
import { clock, moment, num, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters } from "#shared/nav";
import {
  Button,
  ButtonLink,
  Chip,
  type Column,
  Empty,
  Icon,
  SelectChip,
  Shown,
  Table,
  TextField,
  ZoneNote,
} from "#shared/parts";
import { latency } from "./log/latency";
import { answerWord, errorText, findingsOf, keyOf, type Message, outcomeOf, requestWords } from "./log/logic";
import { MessagePanel } from "./log/panel";
import { type Tail, useActions, useTail } from "./log/tail";

/** The OCPP messages of all stations, as they come. */
export default function Log() {
  const t = useT();
  const f = useFilters(["q", "station", "action", "direction", "errors", "message"]);
  const { q, station, action, direction, errors, message } = f.value;
  const query = useMemo(
    () => ({
      q,
      station,
      action,
      direction: direction === "in" || direction === "out" ? direction : "",
      errors: errors === "true",
    }),
    [q, station, action, direction, errors],
  );
  const [paused, setPaused] = useState(false);
  const tail = useTail(query, paused, station);
  const actions = useActions();
  const columns = useColumns();
  const current = tail.rows.find((m) => keyOf(m) === message);
  const filtered = Boolean(q || station || action || direction || errors);
  return (
    <div className={`listpage${current ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.log")}</h1>
          <div className="chips">
            <SelectChip
              label={t("log.action")}
              value={action}
              onChange={(v) => f.set({ action: v })}
              options={actions.map((a) => ({ value: a, label: a }))}
            />
            <SelectChip
              label={t("log.direction")}
              value={direction}
              onChange={(v) => f.set({ direction: v })}
              options={[
                { value: "in", label: t("log.in") },
                { value: "out", label: t("log.out") },
              ]}
            />
            <Chip on={errors === "true"} onClick={() => f.set({ errors: errors === "true" ? "" : "true" })}>
              {t("log.errorsOnly")}
            </Chip>
            <TextField
              hideLabel
              label={t("log.station")}
              placeholder={t("log.station")}
              value={station}
              onChange={(v) => f.set({ station: v.trim() })}
            />
            <TextField
              hideLabel
              label={t("log.search")}
              placeholder={t("log.search")}
              value={q}
              onChange={(v) => f.set({ q: v })}
            />
          </div>
          <span className="sp" />
          <Button small kind={paused ? "primary" : "normal"} aria-pressed={paused} onClick={() => setPaused(!paused)}>
            {paused
              ? tail.waiting > 0
                ? t("log.resumeNew", { n: num(tail.waiting) })
                : t("log.resume")
              : t("log.pause")}
          </Button>
          <ButtonLink small href={address("/api/v1/exports/messages.csv", query)} download>
            {t("log.csv")}
          </ButtonLink>
          <ButtonLink small href={address("/api/v1/exports/messages.json", query)} download>
            {t("log.json")}
          </ButtonLink>
        </div>
        <div className="sum">
          <TailState of={tail} />
          <span className="sp" />
          <span className="t3">{t("log.note")}</span>
        </div>
        <Table
          label={t("page.log")}
          columns={columns}
          rows={tail}
          rowKey={keyOf}
          current={message}
          onOpen={(m) => f.set({ message: keyOf(m) })}
          tone={(m) => (outcomeOf(m) !== "ok" ? "f" : findingsOf(m).length > 0 ? "w" : undefined)}
          empty={
            <Empty why={filtered ? t("log.nothing") : t("log.none")}>
              {filtered && <Button onClick={f.clear}>{t("log.clear")}</Button>}
            </Empty>
          }
        />
        <div className="foot">
          <Shown rows={tail} />
          {tail.goOn && tail.back && (
            <Button small onClick={tail.goOn}>
              {t("log.goOn", { at: moment(tail.back) })}
            </Button>
          )}
          <span className="sp" />
          <ZoneNote zone={ownZone()} />
        </div>
      </div>
      {current && <MessagePanel key={message} of={current} onClose={() => f.set({ message: "" })} />}
    </div>
  );
}

function TailState({ of }: { of: Tail }) {
  const t = useT();
  const tone = { live: "t2", connecting: "t2", paused: "tp", lost: "tw" }[of.state];
  const dot = {
    live: "bg-energy-fill rounded-full",
    connecting: "bg-edge rounded-full",
    paused: "bg-plan-fill",
    lost: "bg-warn-fill",
  }[of.state];
  return (
    <span className={`st ${tone}`} role="status">
      <i className={`size-2 ${dot}`} />
      {t(`log.state.${of.state}`)}
    </span>
  );
}

function useColumns(): Column<Message>[] {
  const t = useT();
  return useMemo<Column<Message>[]>(
    () => [
      { id: "at", head: t("log.at"), cell: (m) => <At at={m.at} />, width: "126px" },
      {
        id: "station",
        head: t("log.station"),
        cell: (m) => <A href={`/stations/${seg(m.station_id)}?tab=log`}>{m.station_id}</A>,
        width: "minmax(104px, 0.7fr)",
      },
      {
        id: "direction",
        head: t("log.direction"),
        cell: (m) => (
          <span className={`st ${m.from_us ? "tp" : "t2"}`}>
            <Icon name={m.from_us ? "right" : "left"} size={12} />
            {t(m.from_us ? "log.outShort" : "log.inShort")}
          </span>
        ),
        width: "92px",
      },
      {
        id: "action",
        head: t("log.action"),
        cell: (m) => <b className="font-semi">{m.action}</b>,
        width: "minmax(150px, 1fr)",
      },
      {
        id: "request",
        head: t("log.request"),
        cell: (m) => <span className="t2">{requestWords(m)}</span>,
        width: "minmax(180px, 1.6fr)",
      },
      { id: "answer", head: t("log.answer"), cell: (m) => <AnswerCell of={m} />, width: "minmax(140px, 1.2fr)" },
      {
        id: "latency",
        head: t("log.latency"),
        cell: (m) => (outcomeOf(m) === "silent" ? "–" : latency(m.latency_us)),
        number: true,
        width: "84px",
      },
    ],
    [t],
  );
}

function At({ at }: { at: string }) {
  const old = Date.now() - Date.parse(at) > 12 * 3_600_000;
  const part = /\.(\d{3})/.exec(at)?.[1] ?? "000";
  return (
    <time dateTime={at} title={moment(at)}>
      {old ? moment(at) : clock(at)}
      {!old && <span className="t3">{`.${part}`}</span>}
    </time>
  );
}

function AnswerCell({ of: m }: { of: Message }) {
  const t = useT();
  const findings = findingsOf(m).length;
  switch (outcomeOf(m)) {
    case "error":
      return (
        <span className="st tf">
          <Icon name="p1" size={12} />
          {errorText(m)}
        </span>
      );
    case "silent":
      return (
        <span className="st tf">
          <Icon name="no" size={12} />
          {t("log.silent")}
        </span>
      );
  }
  return (
    <>
      {answerWord(m) || <span className="t3">{t("log.answered")}</span>}
      {findings > 0 && <span className="tw"> {t("log.repaired", { count: findings, n: findings })}</span>}
    </>
  );
}
