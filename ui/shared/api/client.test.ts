import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, address, api, get, getTagged, ok, onSignedOut, put } from "./client";

function answers(status: number, body: unknown, type = "application/problem+json") {
  const f = vi.fn(
    async (_r: Request) =>
      new Response(typeof body === "string" ? body : JSON.stringify(body), {
        status,
        headers: { "Content-Type": type },
      }),
  );
  vi.stubGlobal("fetch", f);
  return f;
}
afterEach(() => vi.unstubAllGlobals());
const failure = async (p: Promise<unknown>): Promise<ApiProblem> => {
  try {
    await p;
  } catch (e) {
    if (e instanceof ApiProblem) return e;
    throw e;
  }
  throw new Error("it did not fail");
};

describe("client", () => {
  it("makes addresses without what is absent", () => {
    expect(
      address("/stations", { q: "a&b", status: ["faulted", "offline"], site: "", ids: [], errors: false, limit: 0 }),
    ).toBe("/api/v1/stations?q=a%26b&status=faulted%2Coffline&limit=0");
    expect(address("/api/v1/me")).toBe("/api/v1/me");
  });

  it("reads a tag, and sends it with what replaces the tagged", async () => {
    const f = vi.fn(async (_r: Request) => new Response('{"id":"T"}', { headers: { ETag: '"a-b"' } }));
    vi.stubGlobal("fetch", f);
    expect(await getTagged("/tariffs/T")).toEqual({ of: { id: "T" }, tag: '"a-b"' });
    await put("/tariffs/T", { id: "T" }, { name: "x" }, { "If-Match": '"a-b"' });
    const sent = f.mock.calls[1]![0];
    expect([sent.method, sent.headers.get("If-Match"), sent.headers.get("Content-Type"), await sent.json()]).toEqual([
      "PUT",
      '"a-b"',
      "application/json",
      { id: "T" },
    ]);
  });

  it("puts ids safely into typed addresses", async () => {
    const f = answers(200, { id: "A/../B?x" }, "application/json");
    await ok(api.GET("/api/v1/stations/{id}", { params: { path: { id: "A/../B?x" } } }));
    expect(new URL(f.mock.calls[0]![0].url).pathname).toBe("/api/v1/stations/A%2F..%2FB%3Fx");
  });

  it("gives the problem of the server, and its message for a member", async () => {
    answers(422, {
      title: "Unprocessable",
      status: 422,
      kind: "invalid",
      errors: [
        { field: "body.name", detail: "is empty" },
        { field: "/site/id", detail: "unknown" },
      ],
    });
    const e = await failure(put("/sites/x", {}));
    expect([e.status, e.kind, e.at("name"), e.at("site.id"), e.at("zone")]).toEqual([
      422,
      "invalid",
      "is empty",
      "unknown",
      "",
    ]);
  });

  it("has a problem for pages that are not ours and for no network", async () => {
    answers(502, "<html>bad gateway", "text/html");
    expect((await failure(get("/stations"))).status).toBe(502);
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => Promise.reject(new TypeError("failed to fetch"))),
    );
    expect((await failure(get("/stations"))).status).toBe(0);
  });

  it("tells that nobody is signed in, but not for a wrong password", async () => {
    const told = vi.fn();
    const stop = onSignedOut(told);
    answers(401, { title: "Unauthorized", status: 401, code: "wrong" });
    expect((await failure(get("/auth/password"))).code).toBe("wrong");
    expect(told).not.toHaveBeenCalled();
    await failure(get("/stations"));
    expect(told).toHaveBeenCalledTimes(1);
    stop();
    await failure(get("/stations"));
    expect(told).toHaveBeenCalledTimes(1);
  });
});
