import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem, get, type Page, post, put, seg } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { useGo } from "#shared/nav";
import { useDriver } from "./data";
import { type Claim, type Payment, type SavedMethod, unpaid, type Wallet, waitsForPayer } from "./logic/pay";

// What the pages of money read and do. Each of them is loaded when it is wanted.

/** How often a payment that is under way is asked for while it is seen, in ms, should an event be missed. */
const ask = 30_000;

/** What moves a driver's money: their payments and claims, and their sessions that are settled. */
export const moves = ["payment", "claim", "session"];

export const walletQuery = queryOptions(
  live(
    moves,
    {
      queryKey: ["me", "wallet"],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Wallet>("/me/wallet", {}, signal),
      refetchInterval: (q: { state: { data?: Wallet } }) => (q.state.data?.topping_payment_id ? ask : (false as const)),
    },
    2_000,
  ),
);

export const savedQuery = queryOptions(
  live(
    ["payment"],
    {
      queryKey: ["me", "methods"],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Page<SavedMethod>>("/me/methods", {}, signal),
    },
    2_000,
  ),
);

export const paymentQuery = (id: string) =>
  queryOptions(
    live([`payment:${id}`], {
      queryKey: ["me", "payment", id],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Payment>(`/me/payments/${seg(id)}`, {}, signal),
      retry: false,
      refetchInterval: (q: { state: { data?: Payment } }) =>
        ["planned", "open", "held"].includes(q.state.data?.status ?? "") ? ask : (false as const),
    }),
  );

export const claimsQuery = queryOptions(
  live(
    moves,
    {
      queryKey: ["me", "claims"],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Page<Claim>>("/me/claims", { limit: 50 }, signal),
    },
    5_000,
  ),
);

/** Claims of which the driver has something to do: unpaid ones, and those whose payment waits for them. */
export function useOwed(): Claim[] {
  const { driver } = useDriver();
  const all = useQuery({ ...claimsQuery, enabled: driver }).data?.items ?? [];
  const asked = all.filter((c) => c.state === "asked").slice(0, 5);
  const ids = asked.flatMap((c) => c.payment_id ?? []);
  const { data = [] } = useQuery(
    live(
      ids.map((id) => `payment:${id}`),
      {
        queryKey: ["me", "payment", ids],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          Promise.all(ids.map((id) => get<Payment>(`/me/payments/${seg(id)}`, {}, signal))),
        enabled: ids.length > 0,
        refetchInterval: ask,
      },
    ),
  );
  const waiting = new Set(data.filter(waitsForPayer).map((p) => p.id));
  return all.filter((c) => unpaid(c) || (c.state === "asked" && waiting.has(c.payment_id ?? "")));
}

/** Marks all that money moves as old. */
export function useMoneyChanged(): () => void {
  const cache = useQueryClient();
  return () => {
    for (const part of ["wallet", "methods", "claims", "payments", "profile", "tokens"])
      void cache.invalidateQueries({ queryKey: ["me", part] });
  };
}

/** Something that nobody else has, also where the page is not served securely. */
const fresh = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

/** Goes on where a payment leads: to the provider's page, or to what became of it. */
function useFollow() {
  const go = useGo();
  const changed = useMoneyChanged();
  const cache = useQueryClient();
  return (p: Payment) => {
    if (p.url && /^https?:\/\//.test(p.url)) return location.assign(p.url);
    cache.setQueryData(["me", "payment", p.id], p);
    changed();
    go(`/wallet?payment=${seg(p.id)}`);
  };
}

/** A failure with words for the statuses that have some. */
export function worded(e: unknown, words: Partial<Record<number, string>>): unknown {
  const said = e instanceof ApiProblem ? words[e.status] : undefined;
  return said ? new Error(said) : e;
}

export interface NewTopUp {
  amount_minor: number;
  method_id?: string;
  save?: boolean;
}

/** Adds to the wallet. What is asked again without an answer is asked under the same key. */
export function useTopUp() {
  const t = useT();
  const follow = useFollow();
  const [key, setKey] = useState(fresh);
  const m = useMutation({
    mutationFn: (body: NewTopUp) =>
      post<Payment>("/me/wallet/top-ups", {
        key: `${key}-${JSON.stringify(Object.values(body))}`.slice(0, 60),
        ...body,
      }),
    onSuccess: (p) => {
      if (!p.url) setKey(fresh());
      follow(p);
    },
  });
  return { ...m, problem: worded(m.error, { 503: t("pay.noAnswer") }) };
}

export function useAddMethod() {
  const t = useT();
  const follow = useFollow();
  const m = useMutation({ mutationFn: () => post<Payment>("/me/methods"), onSuccess: follow });
  return { ...m, problem: worded(m.error, { 503: t("pay.noAnswer") }) };
}

export function usePayClaim() {
  const t = useT();
  const follow = useFollow();
  const m = useMutation({
    mutationFn: (claim: { id: string; save: boolean }) =>
      post<Payment>(`/me/claims/${seg(claim.id)}/pay`, { save: claim.save }),
    onSuccess: follow,
  });
  return { ...m, problem: worded(m.error, { 409: t("pay.claimBusy"), 503: t("pay.noAnswer") }) };
}

export const setAuto = (below: number, amount: number) =>
  put<Wallet>("/me/wallet", { auto_below_minor: below, auto_amount_minor: amount });
