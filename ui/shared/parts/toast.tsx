import { useEffect, useSyncExternalStore } from "react";
import { useT } from "../i18n";
import { Button } from "./button";

interface Done {
  text: string;
  undo: () => void;
  n: number;
}

let shown: Done | null = null;
let n = 0;
const watchers = new Set<() => void>();
const set = (d: Done | null) => {
  shown = d;
  for (const f of watchers) f();
};

/** Says that something was done and can be undone for 8 s. Never for alarms or errors. */
export const offerUndo = (text: string, undo: () => void) => set({ text, undo, n: ++n });

/** The place of the toast; once per face. */
export function Toasts() {
  const t = useT();
  const now = useSyncExternalStore(
    (f) => {
      watchers.add(f);
      return () => void watchers.delete(f);
    },
    () => shown,
  );
  useEffect(() => {
    if (!now) return;
    const id = setTimeout(() => set(null), 8_000);
    return () => clearTimeout(id);
  }, [now]);
  if (!now) return <div role="status" />;
  return (
    <div className="toast" role="status">
      {now.text}
      <Button
        small
        onClick={() => {
          now.undo();
          set(null);
        }}
      >
        {t("parts.undo")}
      </Button>
    </div>
  );
}
