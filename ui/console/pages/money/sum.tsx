import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { get, type Query } from "#shared/api/client";
import { type Amount, money, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { follow } from "./data";

type Sums<K extends string> = { sums: ({ count: number } & Record<K, Amount>)[]; more: boolean };

/**
 * What a list of money comes to, by currency, above its rows: how many, then the amounts of those names. A first
 * amount is said even where it is nothing.
 */
export function SumRow<K extends string>({
  path,
  query,
  count,
  amounts,
}: {
  path: string;
  query: Query;
  /** The words for a number of them. */
  count: (n: number) => string;
  amounts: readonly { of: K; word: string }[];
}) {
  const t = useT();
  const { data } = useQuery(
    live(
      follow,
      {
        queryKey: [path, "summary", query],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Sums<K>>(`${path}/summary`, query, signal),
        placeholderData: keepPreviousData,
      },
      5_000,
    ),
  );
  const all = data?.sums.reduce((n, s) => n + s.count, 0) ?? 0;
  return (
    <div className="sum" aria-live="polite">
      {data && (
        <span>
          <b>{num(all)}</b> {count(all)}
          {data.more && ` (${t("money.newestSummed")})`}
        </span>
      )}
      {data?.sums.map((s) => (
        <Fragment key={s[amounts[0]?.of as K].currency}>
          {amounts
            .filter((a, i) => i === 0 || s[a.of].amount_minor !== 0)
            .map((a) => (
              <span key={a.of}>
                <b>{money(s[a.of])}</b> {a.word}
              </span>
            ))}
        </Fragment>
      ))}
    </div>
  );
}
