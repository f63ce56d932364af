import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters } from "#shared/nav";
import {
  Ago,
  Button,
  ButtonLink,
  Chip,
  type Column,
  Empty,
  Pair,
  Pairs,
  ProblemBox,
  Shown,
  SidePanel,
  Table,
  TextArea,
  usePages,
} from "#shared/parts";
import { useDeed } from "./admin/form";
import { Export } from "./export";

interface Report {
  id: string;
  site_id: string;
  station_id: string;
  evse_id: number;
  kind: "broken" | "blocked" | "price" | "other";
  text: string;
  state: "open" | "done";
  note: string;
  driver_id: string;
  created_at: string;
  updated_at: string;
}

/** What drivers report about places, and how far each has come. */
export default function Reports() {
  const t = useT();
  const f = useFilters(["all", "report"]);
  const open = f.value.all !== "true";
  const rows = usePages<Report>(
    "/reports",
    useMemo(() => ({ open, limit: 100 }), [open]),
  );
  const report = rows.rows.find((r) => r.id === f.value.report);
  const columns = useMemo<Column<Report>[]>(
    () => [
      { id: "at", head: t("reports.at"), cell: (r) => <Ago at={r.created_at} />, width: "110px" },
      { id: "kind", head: t("reports.kind"), cell: (r) => t(`reports.kinds.${r.kind}`), width: "150px" },
      { id: "where", head: t("reports.where"), cell: (r) => where(r), width: "minmax(140px, 1fr)" },
      { id: "text", head: t("reports.text"), cell: (r) => r.text || "–", width: "minmax(200px, 3fr)" },
      { id: "state", head: t("reports.state"), cell: (r) => t(`reports.states.${r.state}`), width: "100px" },
    ],
    [t],
  );
  return (
    <div className={`listpage${report ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.reports")}</h1>
          <div className="chips">
            <Chip on={open} onClick={() => f.set({ all: open ? "true" : "" })}>
              {t("reports.onlyOpen")}
            </Chip>
          </div>
          <span className="sp" />
          <Export list="exports/reports" query={{ open }} />
        </div>
        <Table
          label={t("page.reports")}
          columns={columns}
          rows={rows}
          rowKey={(r) => r.id}
          current={f.value.report}
          onOpen={(r) => f.set({ report: r.id })}
          tone={(r) => (r.state === "open" && r.kind === "broken" ? "w" : undefined)}
          empty={<Empty why={open ? t("reports.noneOpen") : t("reports.none")} />}
        />
        <div className="foot">
          <Shown rows={rows} />
        </div>
      </div>
      {report && <Panel key={report.id + report.updated_at} report={report} onClose={() => f.set({ report: "" })} />}
    </div>
  );
}

const where = (r: Report) => (r.station_id ? `${r.station_id}${r.evse_id ? ` EVSE ${r.evse_id}` : ""}` : r.site_id);

function Panel({ report, onClose }: { report: Report; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const deed = useDeed();
  const [note, setNote] = useState(report.note);
  const next = report.state === "open" ? "done" : "open";
  const save = async (state: string) => {
    if (await deed.run(() => put(`/reports/${seg(report.id)}`, { state, note })))
      await cache.invalidateQueries({ queryKey: ["/reports"] });
  };
  const send = (e: FormEvent) => {
    e.preventDefault();
    void save(report.state);
  };
  return (
    <SidePanel title={t(`reports.kinds.${report.kind}`)} onClose={onClose}>
      <form className="grid gap-3 p-4" onSubmit={send}>
        <Pairs>
          <Pair name={t("reports.at")}>{moment(report.created_at)}</Pair>
          <Pair name={t("reports.where")}>
            <A
              className="lk"
              href={report.station_id ? `/stations/${seg(report.station_id)}` : `/sites/${seg(report.site_id)}`}
            >
              {where(report)}
            </A>
          </Pair>
          <Pair name={t("reports.state")}>{t(`reports.states.${report.state}`)}</Pair>
        </Pairs>
        <blockquote className="well p-3 whitespace-pre-wrap">{report.text || t("reports.noText")}</blockquote>
        {report.driver_id && (
          <p>
            <ButtonLink href={`/drivers/${seg(report.driver_id)}`}>{t("reports.driver")}</ButtonLink>
          </p>
        )}
        {me.may("drivers") && (
          <>
            <TextArea label={t("reports.note")} help={t("reports.noteHelp")} value={note} onChange={setNote} />
            {deed.failed !== null && <ProblemBox error={deed.failed} />}
            <p className="flex gap-3">
              <Button kind="primary" busy={deed.busy} onClick={() => save(next)}>
                {t(`reports.turn.${next}`)}
              </Button>
              <Button type="submit" busy={deed.busy}>
                {t("reports.saveNote")}
              </Button>
            </p>
          </>
        )}
      </form>
    </SidePanel>
  );
}
