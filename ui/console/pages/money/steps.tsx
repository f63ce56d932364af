import type { ReactNode } from "react";
import { Icon } from "#shared/parts";
import "./steps.css";

/** done: disc. effect: green tick. refused: red square. unknown: amber square. waiting: dashed blue. idle: empty ring. */
export type StepLook = "done" | "effect" | "refused" | "unknown" | "waiting" | "idle";

/** Steps one below the other, each with what became of it. */
export function Steps({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ol className="steps" aria-label={label}>
      {children}
    </ol>
  );
}

export function StepNode({ look, children }: { look: StepLook; children: ReactNode }) {
  return (
    <li className={look}>
      <i aria-hidden="true">
        {look === "effect" && <Icon name="ok" size={11} />}
        {look === "refused" && <Icon name="no" size={11} />}
        {look === "unknown" && "?"}
      </i>
      {children}
    </li>
  );
}
