import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { get, type Page, seg } from "#shared/api/client";
import { live } from "#shared/live";
import { moving } from "./logic";
import type { Claim, FullPayment } from "./types";

/** Should an event be missed, what is under way is looked at again until it has ended. */
const again = 30_000;

/** Lists of money follow payments, claims, and the sessions that are settled. */
export const follow = ["payment", "claim", "session"];

export const usePayment = (id: string) =>
  useQuery(
    live([`payment:${id}`], {
      queryKey: ["/payments", id],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<FullPayment>(`/payments/${seg(id)}`, {}, signal),
      refetchInterval: (q: { state: { data?: FullPayment } }) =>
        q.state.data && moving(q.state.data) ? again : (false as const),
    }),
  );

/** A claim by its id or its session's. */
export const useClaim = (id: string, on = true) =>
  useQuery(
    live(
      follow,
      {
        queryKey: ["/claims", id],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Claim>(`/claims/${seg(id)}`, {}, signal),
        refetchInterval: (q: { state: { data?: Claim } }) =>
          q.state.data?.state === "asked" ? again : (false as const),
        enabled: on,
        retry: false,
      },
      2_000,
    ),
  );

/** Reads all pages about money again: a deed on one moves the others. */
export function useRenew() {
  const cache = useQueryClient();
  return useCallback(
    () =>
      Promise.all(
        ["/payments", "/claims", "/disputes", "/reconciliation", "/terminal-settlements"].map((k) =>
          cache.invalidateQueries({ queryKey: [k] }),
        ),
      ),
    [cache],
  );
}

/** The currency that the first seller counts in. */
export function useCurrency(): string | undefined {
  const q = useQuery({
    queryKey: ["/entities"],
    queryFn: ({ signal }) => get<Page<{ currency: string }>>("/entities", { limit: 200 }, signal),
    staleTime: 60_000,
  });
  return q.data?.items[0]?.currency ?? (q.data ? "EUR" : undefined);
}
