import type { Query, QueryClient } from "@tanstack/react-query";

/** The part of EventSource that is used; tests bring their own. */
export interface Source {
  readyState: number;
  onopen: ((e: Event) => void) | null;
  onerror: ((e: Event) => void) | null;
  addEventListener(type: string, f: (e: MessageEvent) => void): void;
  close(): void;
}

export interface Connection {
  /** off: nobody signed in. connecting: never open yet. live. lost: was open. */
  state: "off" | "connecting" | "live" | "lost";
  /** When the server was last heard, ms; 0 never. */
  heard: number;
}

export interface HubOptions {
  url: string;
  cache: QueryClient;
  open?: (url: string) => Source;
  /** Asks the server for a sign of life; resolves true if it is there and still lets us in. */
  probe?: () => Promise<"there" | "gone" | "out">;
  onOut?: () => void;
  topics?: string[];
}

/**
 * What a query reads, so that events renew it: topics ("station"), or one thing
 * of a topic ("station:CP-1"). In `meta.live`; `meta.every` is the least time
 * between two renewals in ms (1000).
 */
export interface LiveMeta {
  live?: readonly string[];
  every?: number;
}

const batchEvery = 250; // ms between two batches
const silence = 20_000; // ms after which a sign of life is asked for
const maxIds = 5_000; // ids kept of a topic in one batch; beyond, the whole topic counts as changed

/**
 * One event stream of a tab. Events are gathered in sets and go to the queries
 * at most four times a second: mounted ones are read again (each no more often
 * than its `every`, never two at once), others are marked old.
 */
export class Hub {
  private source: Source | null = null;
  private conn: Connection = { state: "off", heard: 0 };
  private watchers = new Set<() => void>();
  private taps = new Map<string, Set<(ids: ReadonlySet<string>) => void>>();
  private changed = new Map<string, Set<string>>();
  private all = false;
  private batch: ReturnType<typeof setTimeout> | null = null;
  private due = new Map<string, ReturnType<typeof setTimeout>>();
  private again: ReturnType<typeof setTimeout> | null = null;
  private pulse: ReturnType<typeof setInterval> | null = null;
  private tries = 0;
  private probing = false;
  private url: string;

  constructor(private readonly o: HubOptions) {
    this.url = o.url;
  }

  /** The state of the stream, for useSyncExternalStore. */
  snapshot = (): Connection => this.conn;
  watch = (f: () => void): (() => void) => {
    this.watchers.add(f);
    return () => this.watchers.delete(f);
  };

  /** Hands the changed ids of a topic to f with each batch, e.g. to tail a log. "*" in the set: anything may have changed. */
  tap(topic: string, f: (ids: ReadonlySet<string>) => void): () => void {
    const set = this.taps.get(topic) ?? new Set();
    set.add(f);
    this.taps.set(topic, set);
    return () => set.delete(f);
  }

  start() {
    if (this.pulse !== null) return;
    this.set({ state: "connecting" });
    this.pulse = setInterval(() => void this.check(), 5_000);
    this.connect();
  }

  stop() {
    if (this.pulse !== null) clearInterval(this.pulse);
    if (this.again !== null) clearTimeout(this.again);
    if (this.batch !== null) clearTimeout(this.batch);
    for (const t of this.due.values()) clearTimeout(t);
    this.due.clear();
    this.changed.clear();
    this.pulse = this.again = this.batch = null;
    this.source?.close();
    this.source = null;
    this.set({ state: "off" });
  }

  private set(next: Partial<Connection>) {
    const old = this.conn;
    this.conn = { ...old, ...next };
    if (old.state !== this.conn.state) for (const f of this.watchers) f();
  }

  private connect() {
    this.source?.close();
    const s = (this.o.open ?? ((u) => new EventSource(u, { withCredentials: true })))(this.url);
    this.source = s;
    s.onopen = () => {
      this.tries = 0;
      // What happened while the stream was away is told by the server: it
      // resumes after the last id, or says "snapshot".
      this.set({ state: "live", heard: Date.now() });
    };
    s.onerror = () => {
      if (this.source !== s) return;
      this.set({ state: this.conn.heard > 0 ? "lost" : "connecting" });
      // 2: closed for good (refused, or not a stream). 0: the browser tries again and sends the last id.
      if (s.readyState === 2) this.retry();
    };
    for (const topic of ["station", "session", "site", "payment", "claim", ...(this.o.topics ?? [])]) {
      s.addEventListener(topic, (e) => this.event(topic, e));
    }
    s.addEventListener("snapshot", () => {
      this.heard();
      this.all = true;
      this.plan();
    });
    s.addEventListener("beat", () => this.heard());
  }

  private retry() {
    this.source?.close();
    this.source = null;
    if (this.again !== null) return;
    const wait = Math.min(500 * 2 ** this.tries++, 15_000) * (0.75 + Math.random() / 2);
    this.again = setTimeout(async () => {
      this.again = null;
      const answer = await this.ask();
      if (this.pulse === null) return;
      if (answer === "out") return this.o.onOut?.();
      if (answer === "gone") return this.retry();
      // A new stream begins with "snapshot", so nothing is missed.
      this.connect();
    }, wait);
  }

  private async ask() {
    try {
      return (await this.o.probe?.()) ?? "there";
    } catch {
      return "gone" as const;
    }
  }

  /** A stream that is open and silent may be dead: ask. */
  private async check() {
    if (this.conn.state !== "live" || this.probing || Date.now() - this.conn.heard < silence) return;
    this.probing = true;
    const answer = await this.ask();
    this.probing = false;
    if (this.conn.state !== "live") return;
    if (answer === "there") return this.heard();
    if (answer === "out") return this.o.onOut?.();
    this.set({ state: "lost" });
    this.retry();
  }

  private heard() {
    this.set({ state: "live", heard: Date.now() });
  }

  private event(topic: string, e: MessageEvent) {
    this.heard();
    let id = "*";
    try {
      const data = JSON.parse(String(e.data)) as { id?: string; station_id?: string };
      id = data.id ?? data.station_id ?? "*";
    } catch {
      // An event without data says: something of this topic.
    }
    const ids = this.changed.get(topic) ?? new Set();
    this.changed.set(topic, ids);
    if (ids.size < maxIds) ids.add(id);
    else ids.add("*");
    this.plan();
  }

  private plan() {
    this.batch ??= setTimeout(() => this.flush(), batchEvery);
  }

  private flush() {
    this.batch = null;
    const { changed, all } = this;
    this.changed = new Map();
    this.all = false;
    for (const query of this.o.cache.getQueryCache().getAll()) {
      const meta = query.meta as LiveMeta | undefined;
      if (meta?.live?.some((t) => all || hit(t, changed))) this.renew(query, meta.every ?? 1_000);
    }
    for (const [topic, set] of this.taps) {
      const ids = all ? new Set(["*"]) : changed.get(topic);
      if (ids) for (const f of set) f(ids);
    }
  }

  private renew(query: Query, every: number) {
    if (!query.isActive()) {
      query.invalidate();
      return;
    }
    const key = query.queryHash;
    if (this.due.has(key)) return;
    const wait = query.state.fetchStatus === "fetching" ? every : query.state.dataUpdatedAt + every - Date.now();
    if (wait <= 0) {
      void query.fetch().catch(() => {}); // the query keeps its error
      return;
    }
    const later = setTimeout(() => {
      this.due.delete(key);
      if (this.pulse !== null) this.renew(query, every);
    }, wait);
    this.due.set(key, later);
  }
}

function hit(wanted: string, changed: Map<string, Set<string>>): boolean {
  const cut = wanted.indexOf(":");
  if (cut < 0) return changed.has(wanted);
  const ids = changed.get(wanted.slice(0, cut));
  return ids !== undefined && (ids.has("*") || ids.has(wanted.slice(cut + 1)));
}
