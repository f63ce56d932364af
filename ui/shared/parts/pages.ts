import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { get, type Page, type Query } from "../api/client";
import { live } from "../live";
import type { Rows } from "./table";

/**
 * A list of the API, page by page, renewed by live events:
 * `usePages<Station>("/stations", { q, status, limit: 100 }, ["station"])`.
 * Renewal reads every page that was loaded again, at most once per `every` ms.
 */
export function usePages<T>(
  path: string,
  query: Query,
  on: readonly string[] = [],
  every = 2_000,
): Rows<T> & { key: QueryKey } {
  const key = useMemo(() => [path, query] as const, [path, query]);
  const q = useInfiniteQuery(
    live(
      on,
      {
        queryKey: key as QueryKey,
        queryFn: ({ pageParam, signal }: { pageParam: unknown; signal: AbortSignal }) =>
          get<Page<T>>(path, { ...query, cursor: pageParam as string | undefined }, signal),
        initialPageParam: undefined as unknown,
        getNextPageParam: (last: Page<T>) => last.next || undefined,
        placeholderData: (old: { pages: Page<T>[]; pageParams: unknown[] } | undefined) => old,
      },
      every,
    ),
  );
  const { fetchNextPage, refetch } = q;
  const rows = useMemo(() => q.data?.pages.flatMap((p) => p.items ?? []) ?? [], [q.data]);
  return {
    key,
    rows,
    total: q.data?.pages[0]?.total,
    more: q.hasNextPage,
    loadMore: useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage]),
    loading: q.isPending || q.isFetchingNextPage,
    error: q.error,
    retry: useCallback(() => void refetch(), [refetch]),
  };
}
