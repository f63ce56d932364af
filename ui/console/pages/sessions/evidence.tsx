import { useInfiniteQuery } from "@tanstack/react-query";
import { get, type Page, seg } from "#shared/api/client";
import { clock, moment, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { Button, Empty, Loaded, Note, Pair, Pairs, ProblemBox } from "#shared/parts";
import { JsonTree } from "../log/json-tree";
import { useTimeline } from "./data";
import { gaps, registers, strange } from "./logic";
import type { Evidence, Reading, Session } from "./types";
import { flagText } from "./words";

/** A register in mWh as kWh with three decimals. */
const register = (r: Reading | undefined) => (r ? `${num(r.register_mwh / 1e6, 3)} kWh` : "–");

/** Registers, signatures, gaps and what is strange, at a glance. */
export function EvidenceFacts({ of, zone }: { of: Session; zone: string }) {
  const t = useT();
  const q = useTimeline(of);
  return (
    <Loaded of={q}>
      {(l) => {
        const r = registers(l.readings);
        const silent = gaps(l.readings);
        const odd = strange(of.flags);
        return (
          <Pairs>
            <Pair name={t("sessions.registerFirst")}>{register(r.first)}</Pair>
            <Pair name={t(of.state === "closed" ? "sessions.registerLast" : "sessions.registerNow")}>
              {register(r.last)}
            </Pair>
            <Pair name={t("sessions.readings")}>{num(r.count)}</Pair>
            <Pair name={t("sessions.signed")}>
              {r.signed === 0
                ? t("sessions.signedNone")
                : t("sessions.signedOf", { n: num(r.signed), of: num(r.count) })}
            </Pair>
            <Pair name={t("sessions.gaps")}>
              {silent.length === 0
                ? t("sessions.gapsNone")
                : silent
                    .slice(0, 3)
                    .map((g) =>
                      t("sessions.between", { from: clock(g.from, zone, false), to: clock(g.to, zone, false) }),
                    )
                    .join(", ") + (silent.length > 3 ? ` +${num(silent.length - 3)}` : "")}
            </Pair>
            {of.offline && <Pair name={t("sessions.offline")}>{t("sessions.offlineYes")}</Pair>}
            {odd.length > 0 && (
              <Pair name={t("sessions.strange")}>
                <span className="tw">{odd.map((f) => flagText(t, f)).join(", ")}</span>
              </Pair>
            )}
          </Pairs>
        );
      }}
    </Loaded>
  );
}

/** Every register reading; signed originals as they came. */
export function Readings({ of, zone }: { of: Session; zone: string }) {
  const t = useT();
  const q = useTimeline(of);
  return (
    <Loaded of={q}>
      {(l) => {
        const all = l.readings ?? [];
        if (all.length === 0) return <Empty why={t("sessions.noReadings")} />;
        const signed = all.filter((r) => r.signed);
        return (
          <>
            {l.truncated && <Note>{t("sessions.truncated")}</Note>}
            <details>
              <summary className="py-1">{t("sessions.allReadings", { count: all.length, n: num(all.length) })}</summary>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is long is scrolled by keyboard, too */}
              <div className="max-h-80 overflow-auto" role="region" aria-label={t("sessions.readings")} tabIndex={0}>
                <table className="w-full text-sm">
                  <thead>
                    <tr className="text-left t2">
                      <th className="font-medium">{t("sessions.at")}</th>
                      <th className="font-medium text-right">{t("sessions.register")}</th>
                      <th className="font-medium pl-3">{t("sessions.remark")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {all.map((r, i) => (
                      <tr key={i} className="border-t border-line">
                        <td>{clock(r.at, zone)}</td>
                        <td className="text-right">{num(r.register_mwh / 1e6, 3)}</td>
                        <td className="pl-3 t2">
                          {[
                            r.begin && t("sessions.begin"),
                            r.end && t("sessions.end"),
                            r.signed && t("sessions.isSigned"),
                          ]
                            .filter(Boolean)
                            .join(", ")}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </details>
            {signed.slice(0, 20).map((r, i) => (
              <details key={i}>
                <summary className="py-1">{t("sessions.signedAt", { at: clock(r.at, zone) })}</summary>
                <pre className="mono text-xs whitespace-pre-wrap break-all bg-well p-2">{r.signed}</pre>
              </details>
            ))}
          </>
        );
      }}
    </Loaded>
  );
}

/** What the station, and people, said about a session: the raw messages, in order of receipt. */
export function RawMessages({ of, zone }: { of: Session; zone: string }) {
  const t = useT();
  const q = useInfiniteQuery(
    live(
      [`session:${of.id}`],
      {
        queryKey: ["/sessions", of.id, "evidence"],
        queryFn: ({ pageParam, signal }: { pageParam: unknown; signal: AbortSignal }) =>
          get<Page<Evidence>>(
            `/sessions/${seg(of.id)}/evidence`,
            { limit: 50, cursor: pageParam as string | undefined },
            signal,
          ),
        initialPageParam: undefined as unknown,
        getNextPageParam: (p: Page<Evidence>) => p.next || undefined,
      },
      5_000,
    ),
  );
  const all = q.data?.pages.flatMap((p) => p.items) ?? [];
  if (q.error && all.length === 0) return <ProblemBox error={q.error} retry={() => void q.refetch()} />;
  if (q.isPending) return <p className="t3">{t("parts.loading")}</p>;
  if (all.length === 0) return <Empty why={t("sessions.noEvidence")} />;
  return (
    <>
      <ol>
        {all.map((e) => (
          <li key={`${e.key}/${e.digest}`} className="border-t border-line">
            <details>
              <summary className="py-1 flex flex-wrap gap-x-3 items-baseline">
                <time className="t3" dateTime={e.at}>
                  {clock(e.at, zone)}
                </time>
                <b>{t(`sessions.kind.${e.kind}`)}</b>
                {e.seq >= 0 && <span className="t3">{t("sessions.seq", { n: e.seq })}</span>}
                {e.offline && <span className="tw">{t("sessions.lateSent")}</span>}
                <span className="sp" />
                <span className="t3 text-sm">{t("sessions.received", { at: moment(e.received_at, zone) })}</span>
              </summary>
              <div className="bg-well p-2 mb-2 overflow-x-auto">
                <JsonTree value={e.message} open={2} />
              </div>
            </details>
          </li>
        ))}
      </ol>
      {q.hasNextPage && (
        <Button small busy={q.isFetchingNextPage} onClick={() => void q.fetchNextPage()}>
          {t("sessions.moreEvidence")}
        </Button>
      )}
    </>
  );
}
