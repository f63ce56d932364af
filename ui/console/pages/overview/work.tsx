import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A } from "#shared/nav";
import { Empty, Icon, Plate, ProblemBox, Since } from "#shared/parts";
import type { Overview } from "../../overview-data";
import { type Held, type Report, type Station, type Task, tasks } from "./tasks";

/** Rows of each class that are read; the rest is behind the link. */
const most = 20;

function useList<T>(on: string[], path: string, query: Record<string, string | number | boolean>, enabled = true) {
  return useQuery(
    live(
      on,
      {
        queryKey: [path, "work", query],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Page<T>>(path, { ...query, limit: most }, signal),
        enabled,
      },
      5_000,
    ),
  );
}

/** What waits for somebody, the worst first. */
export function Work({ o, site }: { o: Overview; site: string }) {
  const t = useT();
  const { may } = useMe();
  const stations = useList<Station>(["station"], "/stations", { status: "faulted,offline", site, sort: "status" });
  const held = useList<Held>(["session"], "/sessions", { state: "held", site }, o.sessions_held > 0);
  const reports = useList<Report>(["site"], "/reports", { open: true }, may("people") && !!o.reports_open);
  const list = tasks({
    stations: stations.data?.items ?? [],
    held: o.sessions_held > 0 ? (held.data?.items ?? []) : [],
    reports: (o.reports_open ? (reports.data?.items ?? []) : []).filter((r) => !site || r.site_id === site),
    onboarding: site ? 0 : o.onboarding,
  });
  const known = stations.data !== undefined;
  return (
    <Plate
      title={t("overview.work")}
      note={known ? t("overview.openTasks", { count: list.length, n: num(list.length) }) : undefined}
      actions={
        (stations.data?.total ?? 0) > most && (
          <A className="lk text-sm" href="/stations?status=faulted,offline">
            {t("overview.allStations", { n: num(stations.data?.total) })}
          </A>
        )
      }
    >
      {stations.error && !known && <ProblemBox error={stations.error} retry={() => void stations.refetch()} />}
      {known && list.length === 0 && <Empty why={t("overview.noWork")} />}
      <ol className="-mx-4 -mb-3 max-h-[430px] overflow-auto" aria-label={t("overview.work")}>
        {list.map((x) => (
          <Row key={x.id} task={x} />
        ))}
      </ol>
    </Plate>
  );
}

function Row({ task: x }: { task: Task }) {
  const t = useT();
  return (
    <li className="grid grid-cols-[16px_minmax(0,1fr)_auto] gap-x-3 px-4 py-[7px] border-t border-line">
      <Icon
        name={x.level === "fault" ? "p1" : x.level === "warn" ? "p2" : "p3"}
        size={16}
        className={`mt-[2px] ${x.level === "fault" ? "tf" : x.level === "warn" ? "tw" : "t3"}`}
      />
      <div className="min-w-0">
        <A href={x.href} className="font-semi block">
          <What task={x} />
        </A>
        <span className="t2 text-sm block cut">{x.where}</span>
        {x.quote && <q className="mono t3 text-xs block cut">{x.quote}</q>}
      </div>
      <span className="t2 text-sm text-right" title={x.at ? moment(x.at) : undefined}>
        {x.at ? <Since at={x.at} /> : t("overview.never")}
      </span>
    </li>
  );
}

function What({ task: x }: { task: Task }) {
  const t = useT();
  switch (x.kind) {
    case "fault":
      return <>{x.evse ? t("overview.fault", { code: x.code, evse: x.evse }) : t("overview.faultWhole")}</>;
    case "offline":
      return <>{x.at ? t("overview.silent", { count: x.n, n: num(x.n) }) : t("overview.neverSeen")}</>;
    case "held":
      return <>{t("overview.held")}</>;
    case "report":
      return <>{t(`overview.report.${x.code}`)}</>;
    case "onboarding":
      return <>{t("overview.waiting", { count: x.n, n: num(x.n) })}</>;
  }
}
