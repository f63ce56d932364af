import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters, useGo, useParams } from "#shared/nav";
import {
  Ago,
  Button,
  Chip,
  type Column,
  ConfirmByConsequence,
  Empty,
  Loaded,
  Note,
  ProblemBox,
  Rule,
  Shown,
  Table,
} from "#shared/parts";
import { useDeed } from "./admin/form";
import { Export } from "./export";
import {
  doneOf,
  isMasked,
  type Job,
  type JobResult,
  resultStates,
  retryable,
  retryCount,
  stationsIn,
  useJob,
  useResults,
} from "./jobs/data";
import { gistOf, kindWord, statusWord } from "./station/trail";

const tones: Record<string, string> = {
  accepted: "te",
  refused: "tf",
  failed: "tf",
  unknown: "tw",
  offline: "tw",
  waiting: "t3",
  asked: "tp",
  cancelled: "t3",
};

/** A job: how far it is, and what each station answered. */
export default function JobPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const t = useT();
  const me = useMe();
  const q = useJob(id);
  if (!me.may("stations"))
    return (
      <div className="plate h-full">
        <h1>{t("page.job")}</h1>
        <Empty why={t("job.noRight")} />
      </div>
    );
  return <Loaded of={q}>{(job) => <Whole key={id} job={job} />}</Loaded>;
}

function Whole({ job }: { job: Job }) {
  const t = useT();
  const go = useGo();
  const cache = useQueryClient();
  const f = useFilters(["state"]);
  const rows = useResults(job.id, f.value.state, job.state === "running");
  // The last answers came after the last look at the list.
  const was = useRef(job.state);
  useEffect(() => {
    if (was.current !== job.state) void cache.invalidateQueries({ queryKey: ["/jobs", job.id, "results"] });
    was.current = job.state;
  }, [job.state, job.id, cache]);
  const columns = useMemo<Column<JobResult>[]>(
    () => [
      {
        id: "station",
        head: t("job.station"),
        width: "minmax(120px, 0.8fr)",
        cell: (r) => (
          <A className="mono font-semi" href={`/stations/${seg(r.station_id)}`}>
            {r.station_id}
          </A>
        ),
      },
      {
        id: "state",
        head: t("job.state"),
        width: "150px",
        cell: (r) => <span className={tones[r.state]}>{t(`job.result.${r.state}`)}</span>,
      },
      {
        id: "word",
        head: t("job.word"),
        width: "minmax(130px, 1fr)",
        cell: (r) => (r.word ? <span className="mono">{r.word}</span> : r.status ? statusWord(r.status, t) : "–"),
      },
      {
        id: "reason",
        head: t("job.reason"),
        width: "minmax(160px, 2fr)",
        cell: (r) => (r.reason ? <span title={r.reason}>{r.word || r.status ? `“${r.reason}”` : r.reason}</span> : "–"),
      },
      { id: "at", head: t("job.when"), width: "110px", cell: (r) => (r.at ? <Ago at={r.at} /> : "–") },
    ],
    [t],
  );
  const counts: Record<string, number> = { ...job, asked: 0 } as unknown as Record<string, number>;
  return (
    <div className="listpage">
      <div className="list">
        <section className="plate">
          <p className="t2">
            <A className="lk" href="/jobs">
              {t("page.jobs")}
            </A>
          </p>
          <div className="flex flex-wrap gap-x-4 gap-y-2 items-center">
            <h1>{kindWord(job.kind, t)}</h1>
            <span className="t2">{gistOf(job, t)}</span>
            <span className="sp" />
            <Deeds job={job} />
          </div>
          <p className="t2 mt-1" aria-live="polite">
            <b>{t(`job.states.${job.state}`)}</b>, {t("job.doneOf", { n: num(doneOf(job)), total: num(job.total) })}.{" "}
            {t("job.begun", { at: moment(job.created_at), who: job.actor_name || t("job.somebody") })}
          </p>
          <div className="mt-1 max-w-[600px]">
            <Rule
              size="plate"
              width={600}
              value={doneOf(job)}
              max={job.total}
              label={t("job.doneOf", { n: num(doneOf(job)), total: num(job.total) })}
            />
          </div>
          <details className="mt-2">
            <summary className="lk cursor-pointer">{t("job.body")}</summary>
            <pre className="mono bg-well p-2 mt-1 overflow-auto max-h-60">{JSON.stringify(job.body, null, 2)}</pre>
          </details>
        </section>
        <div className="filters">
          <div className="chips">
            {resultStates
              .filter((s) => (counts[s] ?? 0) > 0 || s === f.value.state)
              .map((s) => (
                <Chip
                  key={s}
                  on={f.value.state === s}
                  count={counts[s]}
                  onClick={() => f.set({ state: f.value.state === s ? "" : s })}
                >
                  {t(`job.result.${s}`)}
                </Chip>
              ))}
          </div>
          <span className="sp" />
          <Export list={`jobs/${seg(job.id)}/results`} query={{ state: f.value.state }} />
        </div>
        <Table
          label={t("job.results")}
          columns={columns}
          rows={rows}
          rowKey={(r) => r.station_id}
          onOpen={(r) => go(`/stations/${seg(r.station_id)}`)}
          empty={
            <Empty why={t("job.noneSuch")}>
              <Button onClick={() => f.set({ state: "" })}>{t("job.showAll")}</Button>
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

function Deeds({ job }: { job: Job }) {
  const t = useT();
  const go = useGo();
  const cache = useQueryClient();
  const deed = useDeed();
  const [stopping, setStopping] = useState(false);
  const failed = retryCount(job);
  const retry = () =>
    deed.run(async () => {
      const stations = await stationsIn(job.id, retryable);
      const next = await post<Job>("/jobs", { kind: job.kind, body: job.body, stations });
      void cache.invalidateQueries({ queryKey: ["/jobs"] });
      go(`/jobs/${seg(next.id)}`);
    });
  return (
    <>
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      {job.state === "running" && (
        <Button kind="danger" onClick={() => setStopping(true)}>
          {t("job.cancel")}
        </Button>
      )}
      {job.state !== "running" &&
        failed > 0 &&
        (isMasked(job.body) ? (
          <Note>{t("job.masked")}</Note>
        ) : (
          <Button kind="primary" busy={deed.busy} onClick={() => void retry()}>
            {t("job.retry", { count: failed, n: num(failed) })}
          </Button>
        ))}
      <ConfirmByConsequence
        title={t("job.cancel")}
        open={stopping}
        onClose={() => setStopping(false)}
        consequence={t("job.cancelThen", { count: job.waiting, n: num(job.waiting) })}
        deed={t("job.cancel")}
        act={async () => {
          await post(`/jobs/${seg(job.id)}/cancel`, {});
          await cache.invalidateQueries({ queryKey: ["/jobs"] });
        }}
      />
    </>
  );
}
