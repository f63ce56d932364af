import { useQuery } from "@tanstack/react-query";
import { get, type Page, seg } from "#shared/api/client";
import type { Assignment, Ocpi } from "./logic";

export interface Tariff {
  id: string;
  name: string;
  version: string;
  currency: string;
  updated_at: string;
}

export interface Version {
  version: string;
  currency: string;
  /** From when on it holds, until the next does; null: since ever. */
  from: string | null;
  created_at: string;
  state: "planned" | "current" | "past";
  current: boolean;
}

/** The tariffs by name, as far as a page of them goes. */
export const useTariffNames = () =>
  useQuery({
    queryKey: ["/tariffs", "names"],
    queryFn: ({ signal }) => get<Page<Tariff>>("/tariffs", { limit: 200 }, signal),
  });

export const useAssignments = () =>
  useQuery({
    queryKey: ["/tariff-assignments"],
    queryFn: ({ signal }) => get<{ items: Assignment[] }>("/tariff-assignments", {}, signal),
  });

/** The OCPI object of a version; "" is the current one. */
export const useOcpi = (id: string, version: string) =>
  useQuery({
    queryKey: ["/tariffs", id, "ocpi", version],
    queryFn: ({ signal }) =>
      get<Ocpi>(version ? `/tariffs/${seg(id)}/versions/${seg(version)}` : `/tariffs/${seg(id)}`, {}, signal),
  });

export const useVersions = (id: string) =>
  useQuery({
    queryKey: ["/tariffs", id, "versions"],
    queryFn: ({ signal }) => get<{ items: Version[] }>(`/tariffs/${seg(id)}/versions`, {}, signal),
  });
