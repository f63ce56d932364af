import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "./problem";

/** Failures that pass by themselves: not reached, overloaded. */
const passing = (e: Error) => !(e instanceof ApiProblem) || e.status === 0 || e.status === 502 || e.status === 503;

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 5 * 60_000,
        retry: (count, e) => count < 2 && passing(e),
        retryDelay: (n) => Math.min(500 * 2 ** n, 8_000),
        refetchOnWindowFocus: true,
        networkMode: "always",
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}
