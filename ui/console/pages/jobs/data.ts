import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get, type Page, seg } from "#shared/api/client";
import type { Rows } from "#shared/parts";

export interface Job {
  id: string;
  kind: string;
  body: Record<string, unknown>;
  state: "running" | "done" | "cancelled";
  total: number;
  waiting: number;
  accepted: number;
  refused: number;
  failed: number;
  offline: number;
  unknown: number;
  cancelled: number;
  created_at: string;
  actor: string;
  actor_name: string;
}

export const resultStates = [
  "waiting",
  "asked",
  "accepted",
  "refused",
  "failed",
  "offline",
  "unknown",
  "cancelled",
] as const;
export type ResultState = (typeof resultStates)[number];

export interface JobResult {
  station_id: string;
  state: ResultState;
  status: string;
  word: string;
  reason: string;
  at: string | null;
}

/** What can be tried again: nothing was sent, or it was refused, or nobody knows. */
export const retryable: readonly ResultState[] = ["failed", "offline", "refused", "unknown"];

export const doneOf = (j: Job) => j.total - j.waiting;
export const retryCount = (j: Job) => j.failed + j.offline + j.refused + j.unknown;

/** Whether a command on record lacks what was secret in it: it cannot be sent again from here. */
export const isMasked = (body: unknown): boolean => JSON.stringify(body ?? {}).includes("•••");

/** No event tells of a job: it is asked for every 5 s while it runs and the page is seen. */
const every = 5_000;

export function useJob(id: string) {
  return useQuery({
    queryKey: ["/jobs", id],
    queryFn: ({ signal }) => get<Job>(`/jobs/${seg(id)}`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? every : false),
  });
}

function rowsOf<T>(q: {
  data?: { pages: Page<T>[] };
  hasNextPage: boolean;
  fetchNextPage: () => unknown;
  isPending: boolean;
  isFetchingNextPage: boolean;
  error: Error | null;
  refetch: () => unknown;
}): Rows<T> {
  return {
    rows: q.data?.pages.flatMap((p) => p.items) ?? [],
    more: q.hasNextPage,
    loadMore: () => void q.fetchNextPage(),
    loading: q.isPending || q.isFetchingNextPage,
    error: q.error,
    retry: () => void q.refetch(),
  };
}

const paged = {
  initialPageParam: "",
  getNextPageParam: (last: Page<unknown>) => last.next || undefined,
};

export function useJobs(enabled: boolean): Rows<Job> {
  return rowsOf(
    useInfiniteQuery({
      ...paged,
      queryKey: ["/jobs", "list"],
      enabled,
      queryFn: ({ pageParam, signal }) => get<Page<Job>>("/jobs", { limit: 50, cursor: pageParam }, signal),
      refetchInterval: ({ state }) =>
        state.data?.pages.some((p) => p.items.some((j) => j.state === "running")) ? every : false,
    }),
  );
}

export function useResults(id: string, state: string, running: boolean): Rows<JobResult> {
  return rowsOf(
    useInfiniteQuery({
      ...paged,
      queryKey: ["/jobs", id, "results", state],
      queryFn: ({ pageParam, signal }) =>
        get<Page<JobResult>>(`/jobs/${seg(id)}/results`, { state, limit: 100, cursor: pageParam }, signal),
      placeholderData: (old) => old,
      refetchInterval: running ? every : false,
    }),
  );
}

/** The ids of all stations whose result is one of these. */
export async function stationsIn(id: string, states: readonly ResultState[]): Promise<string[]> {
  const out: string[] = [];
  for (const state of states) {
    let cursor = "";
    do {
      const page = await get<Page<JobResult>>(`/jobs/${seg(id)}/results`, { state, limit: 200, cursor });
      out.push(...page.items.map((r) => r.station_id));
      cursor = page.next ?? "";
    } while (cursor && out.length < 5_000);
  }
  return out;
}
