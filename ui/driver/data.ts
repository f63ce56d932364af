import { keepPreviousData, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { get, type Page, post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { language } from "#shared/i18n";
import { live } from "#shared/live";
import { running } from "./logic/charging";
import type { EvseCard, MySession, Period, PlugPrice, Site, SiteCard, Start } from "./logic/types";

// What the driver's pages read. Prices come in the reader's language, so the
// language is part of every key under which a price is kept.

export interface Config {
  brand: {
    name: string;
    helpline: string;
    email: string;
    imprint_url: string;
    privacy_url: string;
    logo_url: string | null;
  };
  languages: string[];
  map: { pmtiles_url: string | null; bounds: [number, number, number, number] | null };
  guests: boolean;
}

export interface Card {
  id: string;
  uid_hint: string;
  type: string;
  status: string;
  state: "active" | "waiting" | "blocked";
  added_at: string | null;
}

export interface Vehicle {
  id: string;
  name: string;
  make: string;
  model: string;
  battery_wh: number;
  max_ac_w: number;
  max_dc_w: number;
  connectors: string[];
}

export interface Favourite {
  site: SiteCard;
  tell_when_free: boolean;
  tell_until: string | null;
}

export interface Profile {
  id: string;
  name: string;
  email: string;
  phone: string;
  language: string;
  created_at: string;
  /** Why one may not charge, "unpaid"; "" if one may. */
  held_for: string;
}

export interface Report {
  id: string;
  site_id: string;
  /** "" and 0: it is about the place. */
  station_id: string;
  evse_id: number;
  kind: "broken" | "blocked" | "price" | "other";
  text: string;
  state: "open" | "done";
  note: string;
  created_at: string;
}

export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => get<Config>("/public/config", {}, signal),
  staleTime: 10 * 60_000,
});

/** The most sites that are read at once; beyond it the map's box decides which. */
export const manySites = 200;

export type SiteFilter = { q?: string; free?: true; connector?: string; min_kw?: number; bbox?: string };

export const sitesQuery = (filter: SiteFilter) =>
  queryOptions(
    live(
      ["site"],
      {
        queryKey: ["sites", filter, language()],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          get<Page<SiteCard>>("/public/sites", { ...filter, lang: language(), limit: manySites }, signal),
        placeholderData: keepPreviousData,
      },
      2_000,
    ),
  );

export const siteQuery = (id: string) =>
  queryOptions(
    live([`site:${id}`], {
      queryKey: ["site", id, language()],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<Site>(`/public/sites/${seg(id)}`, { lang: language() }, signal),
    }),
  );

export const plugQuery = (code: string) =>
  queryOptions(
    live(["site"], {
      queryKey: ["plug", code, language()],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<{ site: SiteCard; evse: EvseCard }>(`/public/evses/${seg(code)}`, { lang: language() }, signal),
    }),
  );

export const profileQuery = queryOptions({
  queryKey: ["me", "profile"],
  queryFn: ({ signal }) => get<Profile>("/me", {}, signal),
});

export const cardsQuery = queryOptions({
  queryKey: ["me", "tokens"],
  queryFn: ({ signal }) => get<Page<Card>>("/me/tokens", {}, signal),
});

export const vehiclesQuery = queryOptions({
  queryKey: ["me", "vehicles"],
  queryFn: ({ signal }) => get<Page<Vehicle>>("/me/vehicles", {}, signal),
});

export const favouritesQuery = queryOptions(
  live(
    ["site"],
    {
      queryKey: ["me", "favourites"],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<Page<Favourite>>("/me/favourites", { lang: language() }, signal),
    },
    2_000,
  ),
);

export const reportsQuery = queryOptions({
  queryKey: ["me", "reports"],
  queryFn: ({ signal }) => get<Page<Report>>("/me/reports", {}, signal),
});

/** How often what has no event of its own is asked for again while it is seen, in ms. */
const ask = 5_000;

export const startQuery = (id: string) =>
  queryOptions({
    queryKey: ["me", "start", id],
    queryFn: ({ signal }) => get<Start>(`/me/starts/${seg(id)}`, { lang: language() }, signal),
    staleTime: 0,
    refetchInterval: (q) => (q.state.data && !["asking", "plug_in"].includes(q.state.data.state) ? false : 2_000),
  });

export const sessionQuery = (id: string) =>
  queryOptions(
    live(["site", "session"], {
      queryKey: ["me", "session", id],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<MySession & { course: import("./logic/types").Course }>(
          `/me/sessions/${seg(id)}`,
          { lang: language() },
          signal,
        ),
      refetchInterval: (q: { state: { data?: MySession } }) => {
        const s = q.state.data;
        return !s || running(s) || !s.cost_final || !s.receipt_id ? ask : false;
      },
    }),
  );

export const consumptionQuery = (by: "month" | "year") =>
  queryOptions({
    queryKey: ["me", "consumption", by],
    queryFn: ({ signal }) => get<Page<Period>>("/me/consumption", { by }, signal),
    staleTime: 60_000,
  });

/** Whether a driver is signed in. */
export function useDriver(): { known: boolean; driver: boolean; staff: boolean } {
  const me = useMe();
  return { known: me.known, driver: me.kind === "driver", staff: me.kind === "staff" || me.kind === "key" };
}

const openQuery = queryOptions(
  live(
    ["site", "session"],
    {
      queryKey: ["me", "open"],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Page<MySession>>("/me/sessions", { limit: 5 }, signal),
      refetchInterval: 15_000,
    },
    5_000,
  ),
);

/** The signed-in driver's session that runs, the latest first. */
export function useOpenSession(): MySession | null {
  const { driver } = useDriver();
  const { data } = useQuery({ ...openQuery, enabled: driver });
  return useMemo(() => (driver ? (data?.items.find(running) ?? null) : null), [driver, data]);
}

/** Marks everything that depends on a driver's own sessions as old. */
export function useSessionsChanged(): () => void {
  const cache = useQueryClient();
  return () => {
    for (const part of ["open", "session", "sessions", "consumption", "receipts"])
      void cache.invalidateQueries({ queryKey: ["me", part] });
  };
}

/** Asks a plug to start. What was shown is what is accepted: the version of that price goes along. */
export const askStart = (evse: EvseCard, price: PlugPrice, vehicle?: string) =>
  post<Start>(
    "/me/starts",
    {
      evse: evse.number || evse.id.replace("/", ":"),
      tariff_version: price.tariff_version,
      ...(vehicle ? { vehicle_id: vehicle } : {}),
    },
    { lang: language() },
  );
