import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { get, prefix, type Query } from "#shared/api/client";
import type { Rows } from "#shared/parts";
import { type Message, merge } from "./logic";

interface Answer {
  items: Message[];
  scanned: number;
  more: boolean;
  next: string | null;
}

const atOnce = 100; // exchanges of a page
const every = 1_000; // ms between two looks at what is new
const most = 5_000; // exchanges kept
const looks = 20; // answers without a fitting exchange, before one asks on

export interface Tail extends Rows<Message> {
  /** The stream of messages: live, connecting or lost. */
  state: "live" | "connecting" | "lost" | "paused";
  /** Told of messages while paused. */
  waiting: number;
  /** How far back one has looked. */
  back: string | null;
  /** Looks further back after a long stretch without a fitting message. */
  goOn: (() => void) | null;
}

/**
 * The exchanges that fit a filter, newest first: the tail is renewed by the
 * stream of messages, at most once a second and not while paused; older ones are
 * read while one scrolls. `query` must be stable.
 */
export function useTail(query: Query, paused: boolean, station: string): Tail {
  const [rows, setRows] = useState<Message[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<Error | null>(null);
  const [stuck, setStuck] = useState(false);
  const [turn, setTurn] = useState(0);
  const run = useRef<AbortController | null>(null);
  const read = useCallback(
    async (before: string | null, first: boolean) => {
      run.current?.abort();
      const mine = new AbortController();
      run.current = mine;
      setLoading(true);
      setError(null);
      setStuck(false);
      try {
        let from = before;
        for (let i = 0; ; i++) {
          const a: Answer = await get<Answer>("/messages", { ...query, limit: atOnce, before: from }, mine.signal);
          from = a.more ? a.next : null;
          setRows((old) => (first && i === 0 ? a.items : merge(old, a.items, most)));
          setNext(from);
          if (a.items.length > 0 || !from) break;
          if (i + 1 === looks) {
            setStuck(true);
            break;
          }
        }
      } catch (e) {
        if (mine.signal.aborted) return;
        setError(e as Error);
      }
      if (!mine.signal.aborted) setLoading(false);
    },
    [query],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: turn asks anew
  useEffect(() => {
    setRows([]);
    setNext(null);
    void read(null, true);
    return () => run.current?.abort();
  }, [read, turn]);
  const fresh = useCallback(async () => {
    try {
      const a = await get<Answer>("/messages", { ...query, limit: atOnce });
      setRows((old) => merge(a.items, old, most));
    } catch {
      // the next message asks again
    }
  }, [query]);
  const { state, waiting } = useMessages(paused, station, fresh);
  const loadMore = useCallback(() => {
    if (next && rows.length < most) void read(next, false);
  }, [next, read, rows.length]);
  return {
    rows,
    more: next !== null && rows.length < most && !stuck,
    loadMore,
    loading,
    error,
    retry: () => setTurn((n) => n + 1),
    state,
    waiting,
    back: next,
    goOn: stuck ? () => void read(next, false) : null,
  };
}

/** Calls f when messages came, of one station if named; counts them while paused. */
function useMessages(paused: boolean, station: string, f: () => Promise<void>) {
  const [state, setState] = useState<"live" | "connecting" | "lost">("connecting");
  const [waiting, setWaiting] = useState(0);
  const now = useRef({ paused, station, f });
  now.current = { paused, station, f };
  useEffect(() => {
    if (!paused) setWaiting(0);
    if (!paused) void now.current.f();
  }, [paused]);
  useEffect(() => {
    const source = new EventSource(`${prefix}/events?topics=message`, { withCredentials: true });
    let timer: ReturnType<typeof setTimeout> | null = null;
    let told = 0;
    const look = () => {
      timer = null;
      if (now.current.paused) {
        const n = told;
        told = 0;
        setWaiting((w) => w + n);
        return;
      }
      told = 0;
      if (document.visibilityState === "visible") void now.current.f();
    };
    const come = (e: MessageEvent) => {
      const of = stationOf(e.data);
      if (now.current.station && of && of !== now.current.station) return;
      told++;
      timer ??= setTimeout(look, every);
    };
    const seen = () => document.visibilityState === "visible" && !now.current.paused && void now.current.f();
    source.addEventListener("message", come);
    source.addEventListener("snapshot", () => {
      timer ??= setTimeout(look, every);
    });
    source.onopen = () => setState("live");
    source.onerror = () => setState("lost");
    document.addEventListener("visibilitychange", seen);
    return () => {
      source.close();
      if (timer) clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, []);
  return { state: paused ? ("paused" as const) : state, waiting };
}

function stationOf(data: string): string {
  try {
    return String((JSON.parse(data) as { station_id?: unknown }).station_id ?? "");
  } catch {
    return "";
  }
}

/** The actions that were seen, for the filter. */
export function useActions(): string[] {
  const { data } = useQuery({
    queryKey: ["/messages/actions"],
    queryFn: ({ signal }) => get<{ items: string[] }>("/messages/actions", {}, signal),
    staleTime: 30_000,
  });
  return useMemo(() => data?.items ?? [], [data]);
}
