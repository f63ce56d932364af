import { useLocation, useNavigate } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";
import { useCallback, useMemo } from "react";

export { Link, useLocation, useNavigate, useParams } from "@tanstack/react-router";

/** How addresses carry search values: plain texts, `?status=faulted,offline`. */
export const plainSearch = {
  parseSearch: (s: string): Record<string, string> => Object.fromEntries(new URLSearchParams(s)),
  stringifySearch: (o: Record<string, unknown>): string => {
    const q = new URLSearchParams();
    for (const [k, v] of Object.entries(o)) if (v !== undefined && v !== null && v !== "") q.set(k, String(v));
    const s = q.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    return s ? `?${s}` : "";
  },
};

export interface Filters<K extends string> {
  /** Values from the address; "" when absent. */
  value: Record<K, string>;
  /** Whether any is set. */
  any: boolean;
  /** Changes some; "" removes. Replaces the entry of the history unless push. */
  set: (change: Partial<Record<K, string>>, push?: boolean) => void;
  clear: () => void;
  /** A value that is a list. */
  list: (key: K) => string[];
  /** Puts in or takes out one member of a list. */
  toggle: (key: K, member: string) => void;
}

/** Filters of a page, kept in the address: `const f = useFilters(["q", "status", "site"])`. */
export function useFilters<const K extends string>(keys: readonly K[]): Filters<K> {
  const { search, pathname } = useLocation();
  const go = useNavigate();
  const have = search as Record<string, string>;
  const names = keys.join();
  const value = useMemo(
    () => Object.fromEntries(names.split(",").map((k) => [k, have[k] ?? ""])) as Record<K, string>,
    [have, names],
  );
  const set = useCallback(
    (change: Partial<Record<K, string>>, push = false) =>
      void go({
        to: pathname,
        search: (old: Record<string, string>) => ({ ...old, ...change }),
        replace: !push,
      } as never),
    [go, pathname],
  );
  return {
    value,
    any: keys.some((k) => value[k] !== ""),
    set,
    clear: () => set(Object.fromEntries(keys.map((k) => [k, ""])) as Partial<Record<K, string>>),
    list: (k) => (value[k] ? value[k].split(",") : []),
    toggle: (k, m) => {
      const l = value[k] ? value[k].split(",") : [];
      set({ [k]: (l.includes(m) ? l.filter((x) => x !== m) : [...l, m]).join(",") } as Partial<Record<K, string>>);
    },
  };
}

/**
 * A link to an address made elsewhere ("/stations/CP-1?tab=live"), within the
 * face. Use <Link> where the parts of the address are at hand.
 */
export function A({
  href,
  className,
  children,
  ...rest
}: {
  href: string;
  className?: string;
  children: ReactNode;
  title?: string;
  "aria-current"?: "page";
  "aria-label"?: string;
  onClick?: () => void;
}) {
  const go = useGo();
  const click = (e: MouseEvent) => {
    rest.onClick?.();
    if (e.defaultPrevented || e.metaKey || e.ctrlKey || e.shiftKey || e.button !== 0) return;
    e.preventDefault();
    go(href);
  };
  return (
    <a {...rest} href={base() + href} className={className} onClick={click}>
      {children}
    </a>
  );
}

/** The part of every address before the face's own: "" or "/app". */
export const base = () => (document.documentElement.dataset.face === "driver" ? "/app" : "");

/** Goes to an address of the face, given as text. */
export function useGo() {
  const go = useNavigate();
  return useCallback(
    (href: string, replace = false) => {
      const url = new URL(href, location.origin);
      void go({
        to: url.pathname,
        search: Object.fromEntries(url.searchParams),
        hash: url.hash.slice(1),
        replace,
      } as never);
    },
    [go],
  );
}
