import type { ReactNode } from "react";
import { useT } from "../i18n";
import { A } from "../nav";
import { Icon } from "./icon";

/** One fixed place at the head of the console. */
export interface Window {
  id: string;
  label: string;
  href: string;
  level: "clear" | "warn" | "fault";
  /** "3 EVSE, 1 new"; clear ones say so by themselves. */
  text?: string;
  /** Not acknowledged yet: the lamp blinks. */
  fresh?: boolean;
}

/** The alarm windows, always in the same order. */
export function Alarms({
  windows,
  label,
  children,
}: {
  windows: readonly Window[];
  label: string;
  children?: ReactNode;
}) {
  const t = useT();
  return (
    <nav className="ann" aria-label={label}>
      {windows.map((w) => (
        <A
          key={w.id}
          href={w.href}
          className={`${{ clear: "", warn: "w", fault: "f" }[w.level]} ${w.fresh ? "new" : ""}`}
        >
          <span>
            {w.level !== "clear" && <Icon name={w.level === "fault" ? "p1" : "p2"} size={12} />}
            {w.label}
          </span>
          <b>{w.level === "clear" ? t("parts.clear") : w.text}</b>
        </A>
      ))}
      {children}
    </nav>
  );
}
