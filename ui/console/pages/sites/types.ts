/** A site: GET /sites. */
export interface Site {
  id: string;
  entity_id: string;
  name: string;
  address: string;
  city: string;
  postal_code: string;
  country: string;
  region: string;
  time_zone: string;
  latitude: number | null;
  longitude: number | null;
  stations: number;
  evses: number;
  live: {
    worst: string;
    by_state: Record<string, number>;
    sessions_open: number;
    power_w: number;
    max_power_w: number;
  } | null;
}

export interface Assignment {
  kind: "tenant" | "site" | "station";
  place: string;
  tariff_id: string;
}

/** The tariff that applies at a site, and whether it is the site's own; null where none does. */
export function tariffAt(all: readonly Assignment[], site: string): { id: string; own: boolean } | null {
  const own = all.find((a) => a.kind === "site" && a.place === site);
  if (own) return { id: own.tariff_id, own: true };
  const tenant = all.find((a) => a.kind === "tenant");
  return tenant ? { id: tenant.tariff_id, own: false } : null;
}

/** An address in one line. */
export const oneLine = (s: Pick<Site, "address" | "postal_code" | "city" | "country">) =>
  [s.address, [s.postal_code, s.city].filter(Boolean).join(" "), s.country].filter(Boolean).join(", ");

/** An id for a new site: what of its name an id can hold, and a part nobody else has. */
export function newId(name: string, random = crypto.getRandomValues(new Uint8Array(4))): string {
  const word = name
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/ß/g, "ss")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase()
    .slice(0, 40);
  const end = Array.from(random, (x) => x.toString(16).padStart(2, "0")).join("");
  return ["site", word, end].filter(Boolean).join("_");
}
