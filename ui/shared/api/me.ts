import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { get, onSignedOut } from "./client";

export type Area =
  | "read"
  | "people"
  | "books"
  | "stations"
  | "drivers"
  | "money"
  | "goodwill"
  | "desk"
  | "admin"
  | "self"
  | "me";

/** Who is signed in: GET /auth/me. */
export interface Me {
  kind: "nobody" | "staff" | "driver" | "key";
  id: string;
  name: string;
  email: string;
  role: string;
  areas: Area[];
  /** null: all sites. */
  sites: string[] | null;
  tenant_id: string;
  tenant_name: string;
  language: string;
  totp: boolean;
  passkeys: number;
  setup_needed: boolean;
}

export const meQuery = queryOptions({
  queryKey: ["auth", "me"],
  queryFn: ({ signal }) => get<Me>("/auth/me", {}, signal),
  staleTime: 60_000,
  retry: 2,
});

export const nobody: Me = {
  kind: "nobody",
  id: "",
  name: "",
  email: "",
  role: "",
  areas: [],
  sites: null,
  tenant_id: "",
  tenant_name: "",
  language: "",
  totp: false,
  passkeys: 0,
  setup_needed: false,
};

/** Who is signed in, and what they may do: `may("money")`. */
export function useMe(): Me & { may: (area: Area) => boolean; known: boolean } {
  const { data } = useQuery(meQuery);
  const me = data ?? nobody;
  return { ...me, known: data !== undefined, may: (area) => me.areas.includes(area) };
}

/** Puts the answer of a sign-in in place: everything read before is forgotten. */
export function useEnter(): (me: Me) => void {
  const cache = useQueryClient();
  return (me) => {
    cache.removeQueries({ predicate: (q) => q.queryKey[0] !== "auth" });
    cache.setQueryData(meQuery.queryKey, me);
    void cache.cancelQueries({ queryKey: meQuery.queryKey }); // an answer on its way is from before
  };
}

/** Asks again who is signed in when the server says nobody is. */
export function useSignedOut() {
  const cache = useQueryClient();
  useEffect(() => onSignedOut(() => void cache.invalidateQueries({ queryKey: meQuery.queryKey })), [cache]);
}
