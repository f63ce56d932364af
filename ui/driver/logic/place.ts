import type { SiteCard } from "./types";

export interface Point {
  lat: number;
  lon: number;
}

/** Metres between two points on the sphere of 6,371 km. */
export function metres(a: Point, b: Point): number {
  const rad = Math.PI / 180;
  const dLat = (b.lat - a.lat) * rad;
  const dLon = (b.lon - a.lon) * rad;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2;
  return 2 * 6_371_000 * Math.asin(Math.min(1, Math.sqrt(h)));
}

export function pointOf(site: SiteCard): Point | null {
  return site.latitude === null || site.longitude === null ? null : { lat: site.latitude, lon: site.longitude };
}

/** "380 m", "1.2 km", "24 km": as exact as a straight line deserves. */
export function distanceText(m: number, language: string): string {
  const near = Math.round(m / 10) * 10;
  if (near < 1000) return unit(near, "meter", 0, language);
  const km = m / 1000;
  return unit(km, "kilometer", km < 9.95 ? 1 : 0, language);
}

function unit(n: number, name: "meter" | "kilometer", digits: number, language: string): string {
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: name,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(n);
}

export type Order = "near" | "price" | "power" | "name";

/**
 * Sites in the order asked for. Without a position "near" is by name. What a
 * site lacks (a place, a price) puts it last; names and ids decide the rest.
 */
export function sorted(sites: readonly SiteCard[], order: Order, from: Point | null): SiteCard[] {
  const keys = new Map(sites.map((s) => [s.id, keyOf(s, order, from)]));
  const at = (s: SiteCard) => keys.get(s.id) ?? Number.POSITIVE_INFINITY;
  return [...sites].sort((a, b) => compare(at(a), at(b)) || a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
}

function keyOf(s: SiteCard, order: Order, from: Point | null): number {
  if (order === "price") return s.price?.per_kwh == null ? Number.POSITIVE_INFINITY : Number(s.price.per_kwh);
  if (order === "power") return -s.max_power_w;
  const p = pointOf(s);
  if (order === "name" || !from) return 0;
  return p ? metres(from, p) : Number.POSITIVE_INFINITY;
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The box around all sites that have a place, [west, south, east, north], widened a little; null without any. */
export function bounds(sites: readonly SiteCard[]): [number, number, number, number] | null {
  let box: [number, number, number, number] | null = null;
  for (const s of sites) {
    const p = pointOf(s);
    if (!p) continue;
    box = box
      ? [Math.min(box[0], p.lon), Math.min(box[1], p.lat), Math.max(box[2], p.lon), Math.max(box[3], p.lat)]
      : [p.lon, p.lat, p.lon, p.lat];
  }
  if (!box) return null;
  const padLon = Math.max((box[2] - box[0]) * 0.12, 0.01);
  const padLat = Math.max((box[3] - box[1]) * 0.12, 0.008);
  return [box[0] - padLon, box[1] - padLat, box[2] + padLon, box[3] + padLat];
}

/**
 * Where a route to the site opens: the phone's own map by geo: on Android, Apple's
 * maps on Apple devices, OpenStreetMap in any other browser. Null without a place.
 */
export function routeLink(site: SiteCard, userAgent: string): string | null {
  const p = pointOf(site);
  if (!p) return null;
  const at = `${p.lat.toFixed(6)},${p.lon.toFixed(6)}`;
  if (/iPhone|iPad|Macintosh/.test(userAgent)) return `https://maps.apple.com/?daddr=${at}`;
  if (/Android/.test(userAgent)) return `geo:${at}?q=${at}(${encodeURIComponent(site.name)})`;
  return `https://www.openstreetmap.org/directions?to=${encodeURIComponent(at)}`;
}

export function addressLine(site: SiteCard): string {
  return [site.address, [site.postal_code, site.city].filter(Boolean).join(" ")].filter(Boolean).join(", ");
}
