import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { num } from "../format";
import { useT } from "../i18n";
import { ProblemBox } from "./empty";
import { Check } from "./field";
import { Icon } from "./icon";

export interface Column<T> {
  id: string;
  /** With the unit: "kW". */
  head: string;
  cell: (row: T) => ReactNode;
  /** A grid track: "120px", "minmax(160px, 1fr)". */
  width?: string;
  /** Numbers stand right. */
  number?: boolean;
  /** The server's name of this order; `-` before it sorts downwards. */
  sort?: string;
}

/** Pages as useInfiniteQuery gives them (see `pages`). */
export interface Rows<T> {
  rows: T[];
  total?: number;
  more: boolean;
  loadMore: () => void;
  loading: boolean;
  error: Error | null;
  retry: () => void;
}

interface Props<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: Rows<T>;
  rowKey: (row: T) => string;
  /** Enter or a click opens a row. */
  onOpen?: (row: T) => void;
  /** The row that stands open in the side panel. */
  current?: string;
  /** "f" fault, "w" warning: tinted and bold until acknowledged. */
  tone?: (row: T) => "f" | "w" | undefined;
  sort?: string;
  onSort?: (sort: string) => void;
  /** Keys of chosen rows; with it the first column has boxes. */
  selected?: ReadonlySet<string>;
  onSelect?: (keys: Set<string>) => void;
  empty: ReactNode;
  /** Height of a row in px when the face's own does not do. */
  rowHeight?: number;
}

/**
 * A long table: rows are drawn as they come into view and loaded by the server's
 * cursor while one scrolls. Arrows, Page, Home and End move; Enter opens; Space chooses.
 */
export function Table<T>({
  label,
  columns,
  rows,
  rowKey,
  onOpen,
  current,
  tone,
  sort,
  onSort,
  selected,
  onSelect,
  empty,
  rowHeight,
}: Props<T>) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState(0);
  const height = useMemo(
    () =>
      rowHeight ?? (Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue("--cw-row"), 10) || 28),
    [rowHeight],
  );
  const all = rows.rows;
  const v = useVirtualizer({
    count: all.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 12,
    scrollPaddingStart: height,
    initialRect: { width: 1000, height: 800 },
  });
  const items = v.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  const { more, loading, loadMore, error } = rows;
  useEffect(() => {
    if (more && !loading && !error && last >= all.length - 20) loadMore();
  }, [more, loading, error, last, all.length, loadMore]);
  const cols = `${onSelect ? "26px " : ""}${columns.map((c) => c.width ?? "minmax(80px, 1fr)").join(" ")}`;
  const toggle = (row: T) => {
    if (!onSelect) return;
    const next = new Set(selected);
    const k = rowKey(row);
    if (!next.delete(k)) next.add(k);
    onSelect(next);
  };
  const keys = (e: KeyboardEvent) => {
    if (e.target !== box.current && !(e.target as HTMLElement).classList.contains("tr")) return;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 400) / height) - 2);
    const to = {
      ArrowDown: cursor + 1,
      ArrowUp: cursor - 1,
      PageDown: cursor + page,
      PageUp: cursor - page,
      Home: 0,
      End: all.length - 1,
    }[e.key];
    if (to !== undefined) {
      e.preventDefault();
      const i = Math.min(Math.max(to, 0), all.length - 1);
      setCursor(i);
      v.scrollToIndex(i);
      requestAnimationFrame(() =>
        box.current?.querySelector<HTMLElement>(`[data-index="${i}"]`)?.focus({ preventScroll: true }),
      );
      return;
    }
    const row = all[cursor];
    if (row === undefined) return;
    if (e.key === "Enter") onOpen?.(row);
    else if (e.key === " ") {
      e.preventDefault();
      toggle(row);
    }
  };
  const chosen = all.filter((r) => selected?.has(rowKey(r))).length;
  return (
    <div
      ref={box}
      className="tbl"
      role="grid"
      aria-label={label}
      aria-rowcount={rows.total ?? (more ? -1 : all.length + 1)}
      aria-busy={loading}
      onKeyDown={keys}
      style={{ ["--cols" as string]: cols, ["--least" as string]: `${least(columns, !!onSelect)}px` }}
      tabIndex={all.length > 0 ? -1 : 0}
    >
      <div className="tr thead" role="row" ref={head}>
        {onSelect && (
          <div className="th" role="columnheader">
            <Check
              label={t("parts.all")}
              hideLabel
              checked={all.length > 0 && chosen === all.length}
              some={chosen > 0}
              onChange={(on) => onSelect(on ? new Set([...(selected ?? []), ...all.map(rowKey)]) : new Set())}
            />
          </div>
        )}
        {columns.map((c) => {
          const down = sort === `-${c.sort}`;
          const up = c.sort !== undefined && sort === c.sort;
          return (
            <div
              key={c.id}
              className={`th ${c.number ? "n" : ""}`}
              role="columnheader"
              aria-sort={up ? "ascending" : down ? "descending" : undefined}
            >
              {c.sort !== undefined && onSort ? (
                <button type="button" onClick={() => onSort(up ? `-${c.sort}` : (c.sort as string))}>
                  {c.head}
                  {(up || down) && <Icon name={up ? "up" : "down"} size={12} />}
                </button>
              ) : (
                c.head
              )}
            </div>
          );
        })}
      </div>
      {all.length === 0 ? (
        // A grid holds rows alone, also when there is none.
        <div role="row">
          <div role="gridcell">
            {rows.error ? (
              <div className="p-4">
                <ProblemBox error={rows.error} retry={rows.retry} />
              </div>
            ) : loading ? (
              <p className="more">{t("parts.loading")}</p>
            ) : (
              empty
            )}
          </div>
        </div>
      ) : (
        <div className="tbody" role="rowgroup" style={{ height: v.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const row = all[item.index] as T;
            const key = rowKey(row);
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys
              <div
                key={key}
                data-index={item.index}
                data-open={onOpen ? "" : undefined}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={selected?.has(key) ?? undefined}
                tabIndex={item.index === Math.min(cursor, all.length - 1) ? 0 : -1}
                className={`tr ${key === current ? "cur" : ""} ${tone?.(row) ?? ""}`}
                style={{ position: "absolute", top: 0, left: 0, height, transform: `translateY(${item.start}px)` }}
                onFocus={() => setCursor(item.index)}
                onClick={(e) => {
                  if ((e.target as HTMLElement).closest("a, button, input, label")) return;
                  setCursor(item.index);
                  onOpen?.(row);
                }}
              >
                {onSelect && (
                  <div className="td" role="gridcell">
                    <Check
                      label={t("parts.choose", { what: key })}
                      hideLabel
                      checked={selected?.has(key) ?? false}
                      onChange={() => toggle(row)}
                    />
                  </div>
                )}
                {columns.map((c) => (
                  <div key={c.id} className={`td ${c.number ? "n" : ""}`} role="gridcell">
                    {c.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      )}
      {more && all.length > 0 && (
        <div role="row">
          <div className="more" role="gridcell">
            {error ? <ProblemBox error={error} retry={rows.retry} /> : t("parts.more")}
          </div>
        </div>
      )}
    </div>
  );
}

/** The width below which a table scrolls, px: the least of each column, so that all rows part alike. */
const least = (columns: readonly { width?: string }[], boxes: boolean): number =>
  columns.reduce(
    (n, c) => n + (Number.parseFloat(/[\d.]+(?=px)/.exec(c.width ?? "80px")?.[0] ?? "80") || 80),
    boxes ? 42 : 16,
  );

/** "Rows 24 of 284" for the foot of a list. */
export function Shown({ rows }: { rows: Rows<unknown> }) {
  const t = useT();
  const n = rows.rows.length;
  return (
    <span>
      {rows.total !== undefined
        ? t("parts.shownOf", { count: rows.total, n: num(n), total: num(rows.total) })
        : rows.more
          ? t("parts.shownMore", { count: n, n: num(n) })
          : t("parts.shown", { count: n, n: num(n) })}
    </span>
  );
}
