import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get, type Page, seg } from "#shared/api/client";
import { ownZone } from "#shared/format";
import { language, useT } from "#shared/i18n";
import { live } from "#shared/live";
import { type Rows, usePages } from "#shared/parts";
import type { Course, Price, Session, Timeline } from "./types";

export interface Site {
  id: string;
  name: string;
  time_zone: string;
}

/** All sites, as the shell reads them. */
export function useSites(): Site[] {
  const { data } = useQuery({
    queryKey: ["/sites", "names"],
    queryFn: ({ signal }) => get<Page<Site>>("/sites", { limit: 200 }, signal),
    staleTime: 60_000,
  });
  return data?.items ?? none;
}
const none: Site[] = [];

/** The zone of a site; without one that of all sites if they share it, else the browser's. */
export function useZone(site?: string): string {
  const sites = useSites();
  const mine = sites.find((s) => s.id === site)?.time_zone;
  if (mine) return mine;
  const first = sites[0]?.time_zone;
  return first && sites.every((s) => s.time_zone === first) ? first : ownZone();
}

/**
 * The list, open sessions first, then the newest. With a state chosen it is
 * simply the newest of that state.
 */
export function useSessions(query: Record<string, string | number | undefined>): Rows<Session> {
  const [first, rest] = useMemo(
    () =>
      query.state
        ? [query, query]
        : [
            { ...query, state: "open" },
            { ...query, state: "closed" },
          ],
    [query],
  );
  const a = usePages<Session>("/sessions", first, ["session", "station"]);
  const b = usePages<Session>("/sessions", rest, ["session"]);
  const both = useMemo(() => [...a.rows, ...b.rows], [a.rows, b.rows]);
  if (first === rest) return a;
  if (a.more || (a.loading && a.rows.length === 0) || a.error) return a;
  return {
    rows: both,
    more: b.more,
    loadMore: b.loadMore,
    loading: b.loading,
    error: b.error,
    retry: b.retry,
  };
}

export const useSession = (id: string) =>
  useQuery(
    live([`session:${id}`], {
      queryKey: ["/sessions", id],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Session>(`/sessions/${seg(id)}`, {}, signal),
      enabled: id !== "",
    }),
  );

/** How it goes; of an open one renewed with its station's values. */
export const useCourse = (s: Session) =>
  useQuery(
    live(s.state === "closed" ? [`session:${s.id}`] : [`session:${s.id}`, `station:${s.station_id}`], {
      queryKey: ["/sessions", s.id, "course"],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Course>(`/sessions/${seg(s.id)}/course`, {}, signal),
    }),
  );

export const usePrice = (s: Session) =>
  useQuery(
    live(s.state === "closed" ? [`session:${s.id}`] : [`session:${s.id}`, `station:${s.station_id}`], {
      queryKey: ["/sessions", s.id, "price"],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Price>(`/sessions/${seg(s.id)}/price`, {}, signal),
    }),
  );

export const useTimeline = (s: Session) =>
  useQuery(
    live(
      [`session:${s.id}`],
      {
        queryKey: ["/sessions", s.id, "timeline"],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Timeline>(`/sessions/${seg(s.id)}/timeline`, {}, signal),
      },
      2_000,
    ),
  );

/** What a version of a tariff costs, in the language of the page; "" until read, or when there is none. */
export function useSentence(tariff: string, version = ""): { sentence: string; details: string[] } {
  useT();
  const lang = language();
  const { data } = useQuery({
    queryKey: ["/tariffs", tariff, "sentence", version, lang],
    queryFn: ({ signal }) =>
      get<{ sentence: string; details: string[] }>(`/tariffs/${seg(tariff)}/sentence`, { lang, version }, signal),
    enabled: tariff !== "",
    staleTime: 60_000,
    retry: false,
  });
  return data ?? { sentence: "", details: [] };
}
