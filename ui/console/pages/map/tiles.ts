import { useQuery } from "@tanstack/react-query";
import { get } from "#shared/api/client";

/** The operator's own street map, null without one: GET /public/config. */
export function useTiles(): string | null {
  const q = useQuery({
    queryKey: ["/public/config"],
    queryFn: ({ signal }) => get<{ map: { pmtiles_url: string | null } }>("/public/config", {}, signal),
    staleTime: 600_000,
  });
  return q.data?.map.pmtiles_url ?? null;
}
