import { type Assignment, byPlace, spot } from "../tariffs/logic";

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

/** Whether an offer is to all, and holds now. */
const forAll = (a: Assignment) => a.audience === "all" && a.in_force;

/** The tariff that holds now for all at a site, and whether it is the site's own; null where none does. */
export function tariffAt(all: readonly Assignment[], site: string): { id: string; own: boolean } | null {
  const rank = (a: Assignment) => [
    a.kind === "site" ? 1 : 0,
    a.until ? 1 : 0,
    a.from ? Date.parse(a.from) : Number.NEGATIVE_INFINITY,
  ];
  const beats = (a: Assignment, b: Assignment) => {
    const [x, y] = [rank(a), rank(b)];
    const at = x.findIndex((n, i) => n !== y[i]);
    return at < 0 ? a.id > b.id : Number(x[at]) > Number(y[at]);
  };
  const here = all.filter((a) => forAll(a) && (a.kind === "tenant" || (a.kind === "site" && a.place === site)));
  const first = here.reduce<Assignment | null>((best, a) => (best && !beats(a, best) ? best : a), null);
  return first && { id: first.tariff_id, own: first.kind === "site" };
}

/** What is offered at a site to all and for good, and holds now: what a change of its tariff replaces. */
export const standingAt = (all: readonly Assignment[], site: string) =>
  all.find((a) => forAll(a) && !a.until && a.kind === "site" && a.place === site);

/** What else is offered at a site: to some, to come, or at a part of it. */
export const othersAt = (all: readonly Assignment[], site: string, stations: readonly string[]) =>
  all
    .filter((a) =>
      a.kind === "tenant"
        ? !forAll(a)
        : a.kind === "site"
          ? a.place === site && !forAll(a)
          : stations.includes(spot(a).station),
    )
    .sort(byPlace);

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
