import { useSyncExternalStore } from "react";
import type { Point } from "./logic/place";

// Where the reader is. Asked for only when pressed, kept in this tab alone, and
// never sent anywhere.

export type Position =
  | { state: "unasked" }
  | { state: "asking" }
  | { state: "known"; at: Point; accuracy: number }
  | { state: "refused" }
  | { state: "failed" };

let now: Position = { state: "unasked" };
const watchers = new Set<() => void>();

function set(p: Position) {
  now = p;
  for (const f of watchers) f();
}

export function locate() {
  if (!("geolocation" in navigator)) return set({ state: "failed" });
  if (now.state === "asking") return;
  set({ state: "asking" });
  navigator.geolocation.getCurrentPosition(
    (p) =>
      set({
        state: "known",
        at: { lat: p.coords.latitude, lon: p.coords.longitude },
        accuracy: p.coords.accuracy,
      }),
    (e) => set({ state: e.code === e.PERMISSION_DENIED ? "refused" : "failed" }),
    { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
  );
}

export function usePosition(): Position {
  return useSyncExternalStore(
    (f) => {
      watchers.add(f);
      return () => void watchers.delete(f);
    },
    () => now,
  );
}
