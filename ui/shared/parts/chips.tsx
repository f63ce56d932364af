import { type ReactNode, useEffect, useRef } from "react";
import { num } from "../format";
import { useT } from "../i18n";
import { A } from "../nav";
import { Icon } from "./icon";

/** A filter that is on or off; `count` beside it. Several stand in <div className="chips">. */
export function Chip({
  on,
  onClick,
  count,
  children,
}: {
  on: boolean;
  onClick: () => void;
  count?: number;
  children: ReactNode;
}) {
  return (
    <button type="button" className="chip" aria-pressed={on} onClick={onClick}>
      {children}
      {count !== undefined && <span className="cnt">{num(count)}</span>}
      {on && <Icon name="x" size={11} />}
    </button>
  );
}

/** A filter with a value out of a list, as a chip: blue while set. "" is any. */
export function SelectChip({
  label,
  value,
  onChange,
  options,
}: {
  label: string;
  value: string;
  onChange: (v: string) => void;
  options: readonly { value: string; label: string; count?: number }[];
}) {
  const t = useT();
  const chosen = options.find((o) => o.value === value);
  return (
    <span className={`chip ${value ? "on" : ""}`}>
      {chosen ? `${label}: ${chosen.label}` : value ? `${label}: ${value}` : label}
      <Icon name="down" size={11} />
      <select
        aria-label={label}
        value={value}
        onChange={(e) => onChange(e.target.value)}
        className="absolute inset-0 w-full opacity-0 cursor-pointer"
      >
        <option value="">{t("parts.any")}</option>
        {options.map((o) => (
          <option key={o.value} value={o.value}>
            {o.label}
            {o.count !== undefined ? ` (${num(o.count)})` : ""}
          </option>
        ))}
      </select>
    </span>
  );
}

/** Sections of one thing; each has its own address. */
export function Tabs({
  label,
  tabs,
  current,
}: {
  label: string;
  tabs: readonly { id: string; label: ReactNode; href: string; count?: number }[];
  current: string;
}) {
  const row = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current tab is seen, whatever the width
  useEffect(() => {
    const at = row.current?.querySelector<HTMLElement>("[aria-current]");
    if (row.current && at) row.current.scrollLeft = at.offsetLeft - (row.current.clientWidth - at.offsetWidth) / 2;
  }, [current]);
  return (
    <nav className="tabs" aria-label={label} ref={row}>
      {tabs.map((x) => (
        <A key={x.id} href={x.href} aria-current={x.id === current ? "page" : undefined}>
          {x.label}
          {!!x.count && <i>{num(x.count)}</i>}
        </A>
      ))}
    </nav>
  );
}
