import { useMemo, useState } from "react";
import { address } from "#shared/api/client";
import { clock, moment, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { useFilters } from "#shared/nav";
import {
  Button,
  ButtonLink,
  Chip,
  type Column,
  Empty,
  SelectChip,
  Shown,
  Table,
  TextField,
  ZoneNote,
} from "#shared/parts";
import { answerWord, errorText, findingsOf, keyOf, type Message, outcomeOf, requestWords } from "../log/logic";
import { MessagePanel } from "../log/panel";
import { useActions, useTail } from "../log/tail";
import type { TabProps } from "../station";

/** The OCPP messages of this station, as they come. */
export default function Log({ station, zone }: TabProps) {
  const t = useT();
  const f = useFilters(["q", "action", "direction", "errors", "message"]);
  const { q, action, direction, errors, message } = f.value;
  const query = useMemo(
    () => ({ q, station: station.id, action, direction, errors: errors === "true" }),
    [q, station.id, action, direction, errors],
  );
  const [paused, setPaused] = useState(false);
  const tail = useTail(query, paused, station.id);
  const actions = useActions();
  const columns = useColumns(zone);
  const current = tail.rows.find((m) => keyOf(m) === message);
  return (
    <div className={`listpage min-h-[480px] h-[calc(100dvh-250px)]${current ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h2>{t("station.tab.log")}</h2>
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
              options={(["in", "out"] as const).map((d) => ({ value: d, label: t(`log.${d}`) }))}
            />
            <Chip on={errors === "true"} onClick={() => f.set({ errors: errors === "true" ? "" : "true" })}>
              {t("log.errorsOnly")}
            </Chip>
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
            {paused ? t("log.resume") : t("log.pause")}
          </Button>
          <ButtonLink small href={address("/api/v1/exports/messages.csv", query)} download>
            {t("log.csv")}
          </ButtonLink>
        </div>
        <Table
          label={t("station.tab.log")}
          columns={columns}
          rows={tail}
          rowKey={keyOf}
          current={message}
          onOpen={(m) => f.set({ message: keyOf(m) })}
          tone={(m) => (outcomeOf(m) !== "ok" ? "f" : findingsOf(m).length > 0 ? "w" : undefined)}
          empty={
            <Empty why={t(f.any ? "log.nothing" : "log.none")}>
              {f.any && <Button onClick={f.clear}>{t("log.clear")}</Button>}
            </Empty>
          }
        />
        <div className="foot">
          <Shown rows={tail} />
          {tail.goOn && tail.back && (
            <Button small onClick={tail.goOn}>
              {t("log.goOn", { at: moment(tail.back, zone) })}
            </Button>
          )}
          <span className="sp" />
          <ZoneNote zone={zone} />
        </div>
      </div>
      {current && <MessagePanel key={message} of={current} onClose={() => f.set({ message: "" })} />}
    </div>
  );
}

function useColumns(zone: string): Column<Message>[] {
  const t = useT();
  return useMemo<Column<Message>[]>(
    () => [
      {
        id: "at",
        head: t("log.at"),
        width: "112px",
        cell: (m) => (
          <time dateTime={m.at} title={moment(m.at, zone)}>
            {Date.now() - Date.parse(m.at) > 43_200_000 ? moment(m.at, zone) : clock(m.at, zone)}
          </time>
        ),
      },
      {
        id: "direction",
        head: t("log.direction"),
        width: "92px",
        cell: (m) => <span className={m.from_us ? "tp" : "t2"}>{t(m.from_us ? "log.outShort" : "log.inShort")}</span>,
      },
      { id: "action", head: t("log.action"), width: "minmax(150px, 1fr)", cell: (m) => <b>{m.action}</b> },
      {
        id: "request",
        head: t("log.request"),
        width: "minmax(160px, 1.6fr)",
        cell: (m) => <span className="t2">{requestWords(m)}</span>,
      },
      {
        id: "answer",
        head: t("log.answer"),
        width: "minmax(140px, 1.2fr)",
        cell: (m) => {
          const o = outcomeOf(m);
          if (o === "error") return <span className="tf">{errorText(m)}</span>;
          if (o === "silent") return <span className="tf">{t("log.silent")}</span>;
          return answerWord(m) || <span className="t3">{t("log.answered")}</span>;
        },
      },
      {
        id: "latency",
        head: t("log.latency"),
        number: true,
        width: "84px",
        cell: (m) => (outcomeOf(m) === "silent" ? "–" : `${num(m.latency_us / 1000, 1)} ms`),
      },
    ],
    [t, zone],
  );
}
