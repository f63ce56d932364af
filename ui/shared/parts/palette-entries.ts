import { useEffect, useSyncExternalStore } from "react";

/** One thing the palette finds. */
export interface Entry {
  id: string;
  /** Its heading: "Pages", "Stations", "Commands". */
  group: string;
  label: string;
  note?: string;
  href?: string;
  act?: () => void;
}

const sets = new Map<string, readonly Entry[]>();
let all: readonly Entry[] = [];
const watchers = new Set<() => void>();
const changed = () => {
  all = [...sets.values()].flat();
  for (const f of watchers) f();
};

/** Puts a page's entries into the palette while it is mounted; keep the list stable (useMemo). */
export function usePaletteEntries(owner: string, entries: readonly Entry[]) {
  useEffect(() => {
    sets.set(owner, entries);
    changed();
    return () => {
      sets.delete(owner);
      changed();
    };
  }, [owner, entries]);
}

export const useEntries = () =>
  useSyncExternalStore(
    (f) => {
      watchers.add(f);
      return () => void watchers.delete(f);
    },
    () => all,
  );
