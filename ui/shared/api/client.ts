import type { Client } from "openapi-fetch";
import { ApiProblem, problemOf } from "./problem";
import type { paths } from "./schema";

export { ApiProblem } from "./problem";

export const prefix = "/api/v1";

type Listener = () => void;
const signedOut = new Set<Listener>();

/** Calls f whenever the server says that nobody is signed in (401 outside of signing in). */
export function onSignedOut(f: Listener): () => void {
  signedOut.add(f);
  return () => signedOut.delete(f);
}

async function guarded(input: Request): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(input);
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new ApiProblem({ status: 0, title: "offline", kind: "offline" });
  }
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  if (answer.status === 401 && !new URL(input.url).pathname.startsWith(`${prefix}/auth/`))
    for (const f of signedOut) f();
  throw problem;
}

/** The result of a typed call; every failure was thrown already. */
export async function ok<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** Members of a query; absent, empty, false and null ones are left out, lists are joined by commas. */
export type Query = Record<string, string | number | boolean | readonly (string | number)[] | null | undefined>;

/** An address with its query; keeps values exactly. */
export function address(path: string, query: Query = {}): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(query)) {
    if (v === undefined || v === null || v === "" || v === false || (Array.isArray(v) && v.length === 0)) continue;
    q.set(k, Array.isArray(v) ? v.join(",") : String(v));
  }
  const s = q.toString();
  return (path.startsWith("/") && !path.startsWith("/api/") ? prefix + path : path) + (s ? `?${s}` : "");
}

const send = (
  method: string,
  path: string,
  query?: Query,
  body?: unknown,
  signal?: AbortSignal,
  headers?: Record<string, string>,
): Promise<Response> =>
  guarded(
    new Request(new URL(address(path, query), location.origin), {
      method,
      signal,
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    }),
  );

async function request<T>(...of: Parameters<typeof send>): Promise<T> {
  const answer = await send(...of);
  if (answer.status === 204 || answer.headers.get("Content-Length") === "0") return undefined as T;
  return (await answer.json()) as T;
}

/** What the specification does not describe yet, typed by its user. Paths begin after /api/v1: "/stations". */
export const get = <T>(path: string, query?: Query, signal?: AbortSignal) =>
  request<T>("GET", path, query, undefined, signal);
/** get, and the ETag of what it answers: sent as If-Match, a put replaces nothing that somebody else has changed. */
export async function getTagged<T>(path: string, signal?: AbortSignal): Promise<{ of: T; tag: string }> {
  const answer = await send("GET", path, undefined, undefined, signal);
  return { of: (await answer.json()) as T, tag: answer.headers.get("ETag") ?? "" };
}
export const post = <T>(path: string, body?: unknown, query?: Query) => request<T>("POST", path, query, body);
export const put = <T>(path: string, body?: unknown, query?: Query, headers?: Record<string, string>) =>
  request<T>("PUT", path, query, body, undefined, headers);
export const del = <T = void>(path: string, query?: Query) => request<T>("DELETE", path, query);

/** A page of a list. `total` where the list counts. */
export interface Page<T> {
  items: T[];
  next?: string | null;
  total?: number;
}

/** A part of an address that came from data. */
export const seg = (id: string | number) => encodeURIComponent(String(id));

interface Init {
  params?: { path?: Record<string, string | number>; query?: Query };
  body?: unknown;
  signal?: AbortSignal;
}

const typed =
  (method: string) =>
  async (path: string, init: Init = {}) => ({
    data: await request(
      method,
      path.replace(/\{(\w+)\}/g, (_, name: string) => seg(init.params?.path?.[name] ?? "")),
      init.params?.query,
      init.body,
      init.signal,
    ),
  });

/**
 * The client typed by the specification, of openapi-fetch's shape:
 * `await ok(api.GET("/api/v1/stations/{id}", { params: { path: { id } } }))`. Throws ApiProblem.
 */
export const api = {
  GET: typed("GET"),
  POST: typed("POST"),
  PUT: typed("PUT"),
  DELETE: typed("DELETE"),
} as unknown as Pick<Client<paths>, "GET" | "POST" | "PUT" | "DELETE">;
