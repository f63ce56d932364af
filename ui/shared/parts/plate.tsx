import type { ReactNode } from "react";
import type { Measure } from "../format";
import { A } from "../nav";

/** Plates laid edge to edge: a grid whose 1 px gaps are the joints. `cols` is a grid-template-columns value. */
export function Plates({
  cols,
  className = "",
  children,
  fill,
}: {
  cols?: string;
  className?: string;
  children: ReactNode;
  fill?: boolean;
}) {
  return (
    <div
      className={`plates ${fill ? "fill" : ""} ${className}`}
      style={cols ? { gridTemplateColumns: cols } : undefined}
    >
      {children}
    </div>
  );
}

/** One plate. `title` is its h2, `note` stands beside it, `actions` at the right. */
export function Plate({
  title,
  note,
  actions,
  tone,
  className = "",
  children,
}: {
  title?: ReactNode;
  note?: ReactNode;
  actions?: ReactNode;
  tone?: "bad" | "warned";
  className?: string;
  children?: ReactNode;
}) {
  return (
    <section className={`plate ${tone ?? ""} ${className}`}>
      {(title || actions) && (
        <div className="hd">
          {title && <h2>{title}</h2>}
          {note && <span className="t3 text-sm">{note}</span>}
          <span className="sp" />
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}

/** A number with its unit set smaller, as formatters give it. */
export function Num({ of, unit }: { of: Measure | string; unit?: string }) {
  const m = typeof of === "string" ? { value: of, unit: unit ?? "" } : of;
  return (
    <>
      {m.value}
      {m.unit && <small className="unit">{m.unit}</small>}
    </>
  );
}

/** A figure: label above, number with unit, note below. With `href` the whole of it is a link. */
export function Figure({
  label,
  value,
  note,
  href,
  hero,
  tone = "",
}: {
  label: ReactNode;
  value: Measure | string;
  note?: ReactNode;
  href?: string;
  hero?: boolean;
  tone?: string;
}) {
  const inside = (
    <>
      <span className="t2">{label}</span>
      <b className={tone}>
        <Num of={value} />
      </b>
      {note && <small>{note}</small>}
    </>
  );
  const className = `fig ${hero ? "hero" : ""}`;
  return href ? (
    <A href={href} className={className}>
      {inside}
    </A>
  ) : (
    <div className={className}>{inside}</div>
  );
}

/** A list of names and values, the values at the right. */
export function Pairs({ children }: { children: ReactNode }) {
  return <dl className="kv">{children}</dl>;
}
export function Pair({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** What may be wider than its place, such as a plain table: it is scrolled, by keyboard too. */
export function Wide({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: else nobody reaches the rest without a mouse
    <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** Facts side by side, name above value. */
export function Facts({ items }: { items: readonly (readonly [ReactNode, ReactNode] | false | null)[] }) {
  return (
    <dl className="facts">
      {items.map((i, n) =>
        i ? (
          <div key={n}>
            <dt>{i[0]}</dt>
            <dd>{i[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}
