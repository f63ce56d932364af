import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { ApiProblem, get, prefix } from "../api/client";
import { type Me, meQuery } from "../api/me";
import { Hub } from "./hub";

let hub: Hub | null = null;

/** Runs the tab's one stream while `on`; `path` is "/events", "/me/events" or "/public/events". */
export function useStream(path: string, on: boolean) {
  const cache = useQueryClient();
  useEffect(() => {
    if (!on) return;
    const out = () => void cache.invalidateQueries({ queryKey: meQuery.queryKey });
    const h = new Hub({
      url: prefix + path,
      cache,
      onOut: out,
      async probe() {
        try {
          const me = await get<Me>("/auth/me");
          return me.kind === "nobody" && path !== "/public/events" ? "out" : "there";
        } catch (e) {
          return e instanceof ApiProblem && e.status === 401 ? "out" : "gone";
        }
      },
    });
    hub = h;
    h.start();
    notify();
    return () => {
      h.stop();
      if (hub === h) hub = null;
      notify();
    };
  }, [cache, path, on]);
}

const waiting = new Set<() => void>();
function notify() {
  for (const f of waiting) f();
}
const off = { state: "off", heard: 0 } as const;

function watch(f: () => void) {
  waiting.add(f);
  let stop = hub?.watch(f);
  const again = () => {
    stop?.();
    stop = hub?.watch(f);
  };
  waiting.add(again);
  return () => {
    waiting.delete(f);
    waiting.delete(again);
    stop?.();
  };
}

/** State of the stream; renders again only when `state` changes. `heard` is read at that moment: use <LiveAge> to show it. */
export function useConnection() {
  return useSyncExternalStore(watch, () => hub?.snapshot().state ?? "off");
}

/** When the server was last heard, ms, now. */
export const heardAt = () => (hub?.snapshot() ?? off).heard;

/** Calls f with the changed ids of a topic, at most four times a second ("*": anything). */
export function useTap(topic: string, f: (ids: ReadonlySet<string>) => void) {
  const state = useConnection();
  useEffect(() => {
    if (state === "off" || !hub) return;
    return hub.tap(topic, f);
  }, [state, topic, f]);
}

/**
 * Marks a query as renewed by live events:
 * `useQuery(live(["station:" + id], { queryKey, queryFn }))`.
 * `on` is a topic ("station", "session", "site", "payment", "claim") or one thing of it ("station:CP-1"); `every` the least ms between renewals.
 */
export function live<O extends object>(on: readonly string[], options: O, every = 1_000): O {
  return { ...options, meta: { ...(options as { meta?: object }).meta, live: on, every } };
}
