import { useMemo, useState } from "react";
import { post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, num } from "#shared/format";
import { has, useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, type Column, Dialog, ProblemBox, Shown, Table, TextArea, usePages } from "#shared/parts";
import { useDeed } from "../admin/form";
import { follow, useRenew } from "./data";
import { DeedDialog } from "./deed";
import type { TerminalReport, TerminalSettlement } from "./types";

/** What stations with a payment terminal settled themselves and a person has to look at. Nothing is shown while there is none. */
export function Terminals() {
  const t = useT();
  const me = useMe();
  const [closing, setClosing] = useState<TerminalSettlement>();
  const rows = usePages<TerminalSettlement>(
    "/terminal-settlements",
    useMemo(() => ({ state: "to_close", limit: 100 }), []),
    follow,
    5_000,
  );
  const columns = useColumns(me.may("money") ? setClosing : undefined);
  if (rows.rows.length === 0) return null;
  return (
    <section className="pb-4" aria-label={t("money.terminals")}>
      <h2 className="px-4 pb-1">{t("money.terminals")}</h2>
      <p className="px-4 pb-2 t2 text-sm">{t("money.terminalsRule")}</p>
      <Table
        label={t("money.terminals")}
        columns={columns}
        rows={rows}
        rowKey={(s) => s.id}
        tone={(s) => (s.state === "overdue" ? "w" : "f")}
        empty={null}
      />
      <div className="foot">
        <Shown rows={rows} />
      </div>
      {closing && <Close of={closing} onClose={() => setClosing(undefined)} />}
    </section>
  );
}

/** Hands in what the provider of the terminals paid out, as the file that it gives. */
export function TakeReport({ onClose }: { onClose: () => void }) {
  const t = useT();
  const renew = useRenew();
  const deed = useDeed();
  const [csv, setCSV] = useState("");
  const [done, setDone] = useState<TerminalReport>();
  const send = () =>
    deed.run(async () => {
      setDone(await post<TerminalReport>("/terminal-reports", { csv }));
      await renew();
    });
  return (
    <Dialog
      title={t("money.reportTitle")}
      open
      onClose={onClose}
      footer={
        done ? (
          <Button kind="primary" onClick={onClose}>
            {t("parts.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("parts.cancel")}</Button>
            <Button kind="primary" busy={deed.busy} disabled={csv.trim() === ""} onClick={send}>
              {t("money.reportTake")}
            </Button>
          </>
        )
      }
    >
      {done ? (
        <p role="status">
          {t("money.reportTaken", { rows: num(done.rows), fresh: num(done.new) })}
          {done.strange > 0 && ` ${t("money.reportStrange", { n: num(done.strange) })}`}
        </p>
      ) : (
        <div className="grid gap-3">
          <p className="t2">{t("money.reportForm")}</p>
          <label className="btn justify-self-start">
            {t("money.reportFile")}
            <input
              type="file"
              accept=".csv,text/csv"
              className="vh"
              onChange={(e) => void e.target.files?.[0]?.text().then(setCSV)}
            />
          </label>
          <TextArea
            label="CSV"
            mono
            rows={8}
            value={csv}
            onChange={setCSV}
            placeholder="reference;amount;fee;currency;date;payout"
          />
          {deed.failed !== null && <ProblemBox error={deed.failed} />}
        </div>
      )}
    </Dialog>
  );
}

function useColumns(onClose?: (s: TerminalSettlement) => void): Column<TerminalSettlement>[] {
  const t = useT();
  return useMemo<Column<TerminalSettlement>[]>(
    () => [
      { id: "state", head: t("money.terminalState"), cell: (s) => t(`money.terminal.${s.state}`), width: "110px" },
      {
        id: "why",
        head: t("money.terminalWhy"),
        cell: (s) => <span title={s.why}>{whyText(t, s.why)}</span>,
        width: "minmax(180px, 2fr)",
      },
      { id: "amount", head: t("money.terminalAmount"), cell: (s) => s.amount, number: true, width: "88px" },
      {
        id: "ref",
        head: t("money.reference"),
        cell: (s) => <span className="mono">{s.psp_reference}</span>,
        width: "minmax(120px, 1fr)",
      },
      {
        id: "station",
        head: t("money.terminalStation"),
        cell: (s) => (
          <A className="lk" href={`/stations/${seg(s.station_id)}`}>
            {s.station_id}
          </A>
        ),
        width: "minmax(110px, 0.8fr)",
      },
      {
        id: "session",
        head: t("money.terminalSession"),
        cell: (s) =>
          s.session_id ? (
            <A href={`/sessions/${seg(s.session_id)}`}>{t("money.show")}</A>
          ) : (
            <span className="t3">–</span>
          ),
        width: "88px",
      },
      { id: "at", head: t("money.terminalTold"), cell: (s) => moment(s.created_at), width: "104px" },
      {
        id: "close",
        head: "",
        cell: (s) => onClose && <Button onClick={() => onClose(s)}>{t("money.terminalClose")}</Button>,
        width: "112px",
      },
    ],
    [t, onClose],
  );
}

/** Why it waits. The server says it in English for staff; what this page knows is said in their language. */
function whyText(t: ReturnType<typeof useT>, why: string): string {
  const key = {
    "its session has no receipt after a day": "noReceipt",
    "its session was not heard of for a day": "noSession",
    "the same payment was settled before, with other content": "twice",
    "money was taken for no transaction": "nothing",
    "the session was not begun by a payment at the terminal": "other",
    "what was settled is no amount": "noAmount",
  }[why];
  if (key && has(`money.terminalBecause.${key}`)) return t(`money.terminalBecause.${key}`);
  const took = /^the terminal took (.+), and (.+) were due$/.exec(why);
  return took ? t("money.terminalBecause.differs", { took: took[1] ?? "", due: took[2] ?? "" }) : why;
}

function Close({ of: s, onClose }: { of: TerminalSettlement; onClose: () => void }) {
  const t = useT();
  const renew = useRenew();
  const [reason, setReason] = useState("");
  return (
    <DeedDialog
      title={t("money.terminalCloseTitle")}
      then={t("money.terminalCloseThen")}
      deed={t("money.terminalClose")}
      ready={reason.trim() !== ""}
      act={() => post(`/terminal-settlements/${seg(s.id)}/close`, { reason }).then(renew)}
      onClose={onClose}
    >
      {(at) => <TextArea label={t("money.terminalReason")} value={reason} onChange={setReason} error={at("reason")} />}
    </DeedDialog>
  );
}
