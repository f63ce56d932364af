import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Hub, type Source } from "./hub";

class Fake implements Source {
  readyState = 0;
  onopen: ((e: Event) => void) | null = null;
  onerror: ((e: Event) => void) | null = null;
  private on = new Map<string, (e: MessageEvent) => void>();
  addEventListener(type: string, f: (e: MessageEvent) => void) {
    this.on.set(type, f);
  }
  close() {
    this.readyState = 2;
  }
  opened() {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }
  send(type: string, data: object = {}) {
    this.on.get(type)?.(new MessageEvent(type, { data: JSON.stringify(data) }));
  }
  fail(closed: boolean) {
    this.readyState = closed ? 2 : 0;
    this.onerror?.(new Event("error"));
  }
}

function world(probe: () => Promise<"there" | "gone" | "out"> = async () => "there") {
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } } });
  const opened: Fake[] = [];
  const out = vi.fn();
  const hub = new Hub({
    url: "/events",
    cache,
    probe,
    onOut: out,
    open: () => {
      const f = new Fake();
      opened.push(f);
      return f;
    },
  });
  const mount = (key: string, live: string[], every: number, read = vi.fn(async () => key)) => {
    const stop = new QueryObserver(cache, { queryKey: [key], queryFn: read, meta: { live, every } }).subscribe(
      () => {},
    );
    return { read, stop };
  };
  return { cache, hub, opened, out, mount, last: () => opened[opened.length - 1]! };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("Hub", () => {
  it("renews the queries an event speaks of, and no others", async () => {
    const w = world();
    const one = w.mount("one", ["station:A"], 100);
    const two = w.mount("two", ["station:B"], 100);
    const list = w.mount("list", ["station"], 100);
    const other = w.mount("other", ["session"], 100);
    w.hub.start();
    w.last().opened();
    await pass(500);
    w.last().send("station", { id: "A" });
    await pass(300);
    expect([one, two, list, other].map((q) => q.read.mock.calls.length)).toEqual([2, 1, 2, 1]);
    w.hub.stop();
  });

  it("reads a query at most once per `every` at 1,000 events a second, and once more at the end", async () => {
    const w = world();
    const list = w.mount("list", ["station"], 2_000);
    w.hub.start();
    w.last().opened();
    await pass(0);
    for (let i = 0; i < 10_000; i++) {
      w.last().send("station", { id: `S${i % 3_000}` });
      if (i % 10 === 0) await pass(10);
    }
    expect(list.read.mock.calls.length).toBeLessThanOrEqual(1 + 5);
    expect(list.read.mock.calls.length).toBeGreaterThanOrEqual(1 + 4);
    const before = list.read.mock.calls.length;
    await pass(3_000);
    expect(list.read.mock.calls.length).toBe(before + 1);
    await pass(10_000);
    expect(list.read.mock.calls.length).toBe(before + 1);
    w.hub.stop();
  });

  it("never runs two reads of a query at once, and reads again after one that an event overtook", async () => {
    const w = world();
    let open = 0;
    let most = 0;
    const read = vi.fn(async () => {
      most = Math.max(most, ++open);
      await new Promise((r) => setTimeout(r, 700));
      open--;
      return "";
    });
    w.mount("slow", ["station"], 100, read);
    w.hub.start();
    w.last().opened();
    await pass(100);
    w.last().send("station", { id: "A" });
    await pass(5_000);
    expect(most).toBe(1);
    expect(read).toHaveBeenCalledTimes(2);
    w.hub.stop();
  });

  it("marks queries old that nobody looks at, without reading them", async () => {
    const w = world();
    const q = w.mount("gone", ["session"], 100);
    w.hub.start();
    w.last().opened();
    await pass(0);
    q.stop();
    w.last().send("session", { id: "x" });
    await pass(1_000);
    expect(q.read).toHaveBeenCalledTimes(1);
    expect(w.cache.getQueryState(["gone"])?.isInvalidated).toBe(true);
    w.hub.stop();
  });

  it("renews everything on a snapshot", async () => {
    const w = world();
    const a = w.mount("a", ["station:A"], 0);
    const b = w.mount("b", ["session"], 0);
    const plain = w.mount("plain", [], 0);
    w.hub.start();
    w.last().opened();
    await pass(0);
    w.last().send("snapshot");
    await pass(300);
    expect([a, b, plain].map((q) => q.read.mock.calls.length)).toEqual([2, 2, 1]);
    w.hub.stop();
  });

  it("says when the stream is lost, and comes back with a new one after a refusal", async () => {
    const w = world();
    w.hub.start();
    expect(w.hub.snapshot().state).toBe("connecting");
    w.last().opened();
    expect(w.hub.snapshot().state).toBe("live");
    w.last().fail(false);
    expect(w.hub.snapshot().state).toBe("lost");
    expect(w.opened.length).toBe(1); // the browser itself resumes
    w.last().opened();
    expect(w.hub.snapshot().state).toBe("live");
    w.last().fail(true);
    await pass(1_000);
    expect(w.opened.length).toBe(2);
    w.last().opened();
    expect(w.hub.snapshot().state).toBe("live");
    w.hub.stop();
    expect(w.hub.snapshot().state).toBe("off");
  });

  it("asks for a sign of life when the stream is silent", async () => {
    let there: "there" | "gone" | "out" = "there";
    const w = world(async () => there);
    w.hub.start();
    w.last().opened();
    const heard = w.hub.snapshot().heard;
    await pass(26_000);
    expect(w.hub.snapshot().state).toBe("live");
    expect(w.hub.snapshot().heard).toBeGreaterThan(heard);
    there = "gone";
    await pass(26_000);
    expect(w.hub.snapshot().state).toBe("lost");
    there = "out";
    await pass(16_000);
    expect(w.out).toHaveBeenCalled();
    w.hub.stop();
  });

  it("tells a tap the ids of each batch", async () => {
    const w = world();
    const got: string[][] = [];
    w.hub.start();
    w.hub.tap("station", (ids) => got.push([...ids]));
    w.last().opened();
    for (const id of ["A", "B", "A"]) w.last().send("station", { id });
    await pass(300);
    w.last().send("snapshot");
    await pass(300);
    expect(got).toEqual([["A", "B"], ["*"]]);
    w.hub.stop();
  });
});
