import { lazy, Suspense } from "react";
import { useT } from "../i18n";
import type { ChartProps } from "./chart-types";

export type { ChartProps, Line, Mark as ChartMark, Point } from "./chart-types";

const Drawn = lazy(() => import("./chart-drawn"));

/** Values over time. Loads its drawing code when first shown; keeps its height meanwhile. */
export function Chart(p: ChartProps) {
  return (
    <Suspense fallback={<div style={{ height: p.height ?? 180 }} />}>
      <Drawn {...p} />
    </Suspense>
  );
}

/** The names of the lines, in the lines' own manner. */
export function Legend({ lines }: { lines: readonly { kind: string; label: string }[] }) {
  const t = useT();
  return (
    <span className="flex flex-wrap gap-x-3" role="list" aria-label={t("parts.legend")}>
      {lines.map((l) => (
        <span key={l.label} role="listitem" className={`lg ${l.kind}`}>
          <i />
          {l.label}
        </span>
      ))}
    </span>
  );
}
