import { useMemo } from "react";
import { seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { num } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useGo } from "#shared/nav";
import { Ago, ButtonLink, type Column, Empty, Rule, Shown, Table } from "#shared/parts";
import { Export } from "./export";
import { doneOf, type Job, useJobs } from "./jobs/data";
import { gistOf, kindWord } from "./station/trail";

/** Commands that went to many stations, newest first. */
export default function Jobs() {
  const t = useT();
  const go = useGo();
  const me = useMe();
  const rows = useJobs(me.may("stations"));
  const columns = useMemo<Column<Job>[]>(
    () => [
      { id: "at", head: t("job.at"), width: "110px", cell: (j) => <Ago at={j.created_at} /> },
      {
        id: "kind",
        head: t("job.kind"),
        width: "minmax(170px, 1.4fr)",
        cell: (j) => (
          <A className="font-semi" href={`/jobs/${seg(j.id)}`}>
            {kindWord(j.kind, t)}
          </A>
        ),
      },
      { id: "gist", head: t("job.what"), width: "minmax(120px, 1.2fr)", cell: (j) => gistOf(j, t) || "–" },
      { id: "who", head: t("job.who"), width: "minmax(110px, 0.8fr)", cell: (j) => j.actor_name || "–" },
      { id: "state", head: t("job.state"), width: "100px", cell: (j) => t(`job.states.${j.state}`) },
      {
        id: "progress",
        head: t("job.progress"),
        width: "136px",
        cell: (j) => (
          <Rule value={doneOf(j)} max={j.total} label={t("job.doneOf", { n: num(doneOf(j)), total: num(j.total) })} />
        ),
      },
      { id: "total", head: t("job.total"), number: true, width: "80px", cell: (j) => num(j.total) },
      { id: "accepted", head: t("job.result.accepted"), number: true, width: "90px", cell: (j) => num(j.accepted) },
      {
        id: "not",
        head: t("job.not"),
        number: true,
        width: "90px",
        cell: (j) => {
          const n = j.refused + j.failed + j.offline + j.unknown;
          return n > 0 ? <span className="tw">{num(n)}</span> : num(0);
        },
      },
    ],
    [t],
  );
  if (!me.may("stations") || me.sites !== null)
    return (
      <div className="plate h-full">
        <h1>{t("page.jobs")}</h1>
        <Empty why={t("job.noRight")} />
      </div>
    );
  return (
    <div className="listpage">
      <div className="list">
        <div className="filters">
          <h1>{t("page.jobs")}</h1>
          <span className="sp" />
          <Export list="exports/jobs" />
          <ButtonLink href="/stations">{t("job.new")}</ButtonLink>
        </div>
        <Table
          label={t("page.jobs")}
          columns={columns}
          rows={rows}
          rowKey={(j) => j.id}
          onOpen={(j) => go(`/jobs/${seg(j.id)}`)}
          empty={
            <Empty why={t("job.none")}>
              <ButtonLink href="/stations">{t("job.new")}</ButtonLink>
            </Empty>
          }
        />
        <div className="foot">
          <Shown rows={rows} />
        </div>
      </div>
    </div>
  );
}
