import type { ReactNode } from "react";
import { Icon } from "./icon";

export interface TrailNode {
  /** done: disc. effect: green tick. refused: red square. waiting: dashed blue. idle: empty ring. */
  look: "done" | "effect" | "refused" | "waiting" | "idle";
  word: ReactNode;
  /** "14:31:40.207", "+0.38 s", "27 s of 300 s" */
  note?: ReactNode;
}

const cls = { done: "kd", effect: "kk", refused: "kn", waiting: "kw", idle: "kz" };

/** A command's three nodes: sent, answered, effect seen. Below, the station's own words. */
export function CommandTrail({
  sent,
  answered,
  effect,
  quote,
  note,
}: {
  sent: TrailNode;
  answered: TrailNode;
  effect: TrailNode;
  quote?: string;
  note?: ReactNode;
}) {
  return (
    <>
      <ol className="track">
        {[sent, answered, effect].map((n, i) => (
          <li key={i} className={cls[n.look]}>
            <i>
              {n.look === "effect" && <Icon name="ok" size={11} />}
              {n.look === "refused" && <Icon name="no" size={11} />}
            </i>
            <b>{n.word}</b>
            <span>{n.note}</span>
          </li>
        ))}
      </ol>
      {quote && <p className="mono text-xs">“{quote}”</p>}
      {note && <p className="t2 text-sm">{note}</p>}
    </>
  );
}
