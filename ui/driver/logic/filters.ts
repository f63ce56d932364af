import { fits } from "./plugs";
import type { SiteCard } from "./types";

/** What the map and the list show; every part lives in the URL. */
export interface Filters {
  q: string;
  free: boolean;
  connectors: string[];
  /** Lowest power wanted, in kW; 0 for any. */
  minKw: number;
  /** Highest price per kWh in the major unit; 0 for any. */
  maxPrice: number;
}

export const noFilters: Filters = { q: "", free: false, connectors: [], minKw: 0, maxPrice: 0 };

/** The search part of the URL: only what is set, so that links stay short. */
export interface FilterSearch {
  q?: string;
  free?: true;
  connector?: string;
  kw?: number;
  price?: number;
}

const maxConnectors = 12;
const maxQuery = 100;

/** Reads filters out of whatever a URL holds; what is no filter is left out. */
export function filtersOf(search: Record<string, unknown>): Filters {
  return {
    q: text(search.q),
    free: search.free === true || search.free === "true" || search.free === 1,
    connectors: text(search.connector)
      .split(",")
      .filter((s) => /^[A-Za-z0-9_]{2,40}$/.test(s))
      .slice(0, maxConnectors),
    minKw: number(search.kw, 1000),
    maxPrice: number(search.price, 1000),
  };
}

export function searchOf(f: Filters): FilterSearch {
  const s: FilterSearch = {};
  if (f.q) s.q = f.q;
  if (f.free) s.free = true;
  if (f.connectors.length) s.connector = f.connectors.join(",");
  if (f.minKw > 0) s.kw = f.minKw;
  if (f.maxPrice > 0) s.price = f.maxPrice;
  return s;
}

/** The filters the server knows, as its query. */
export function queryOf(f: Filters): { q?: string; free?: true; connector?: string; min_kw?: number } {
  return {
    ...(f.q.trim() ? { q: f.q.trim() } : {}),
    ...(f.free ? { free: true as const } : {}),
    ...(f.connectors.length ? { connector: f.connectors.join(",") } : {}),
    ...(f.minKw > 0 ? { min_kw: f.minKw } : {}),
  };
}

/** How many filters beyond the three on the dock are set. */
export function hidden(f: Filters): number {
  return (f.maxPrice > 0 ? 1 : 0) + (f.minKw > 0 && f.minKw !== 50 ? 1 : 0) + Math.max(0, f.connectors.length - 1);
}

export function anySet(f: Filters): boolean {
  return Object.keys(searchOf(f)).length > 0;
}

/**
 * Whether a site still passes: asked of what is shown already, so that a site
 * whose last plug was taken leaves a "Free now" list at once. Words are the
 * server's to match.
 */
export function passes(s: SiteCard, f: Filters): boolean {
  if (f.free && s.evses_free <= 0) return false;
  if (!fits(s.connectors, f.connectors)) return false;
  if (f.minKw > 0 && s.max_power_w < f.minKw * 1000) return false;
  if (f.maxPrice > 0) return s.price?.per_kwh != null && Number(s.price.per_kwh) <= f.maxPrice + 1e-9;
  return true;
}

export function toggled(list: readonly string[], item: string): string[] {
  return list.includes(item) ? list.filter((x) => x !== item) : [...list, item];
}

function text(v: unknown): string {
  return (typeof v === "string" ? v : typeof v === "number" ? String(v) : "").slice(0, maxQuery);
}

function number(v: unknown, top: number): number {
  const n = Number(v);
  return (typeof v === "number" || typeof v === "string") && v !== "" && Number.isFinite(n) && n > 0 && n <= top
    ? n
    : 0;
}
