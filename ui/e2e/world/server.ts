import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type APIRequestContext, request } from "@playwright/test";

export const binary =
  process.env.CHARGEWRIGHT_BIN ?? fileURLToPath(new URL("../../../bin/chargewright", import.meta.url));

/** The password of every person whom tests make, and of the demonstration's. */
export const password = "demo-charging";

export const roles = ["owner", "operator", "finance", "technician", "support", "viewer", "host"] as const;
export type Role = (typeof roles)[number];

/** A TCP port of loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const s = createServer();
    s.on("error", fail);
    s.listen(0, "127.0.0.1", () => {
      const at = s.address();
      s.close(() => (at && typeof at === "object" ? done(at.port) : fail(new Error("no port"))));
    });
  });
}

/** A chargewright that runs. `demo` brings a living network; `serve` is empty until somebody sets it up. */
export class Server {
  /** As it says that people reach it. */
  readonly url: string;
  /** The same by a name, which passkeys need. */
  readonly named: string;
  /** What stands before a station's identity. */
  readonly stations: string;
  /** What it has printed so far. */
  said = "";
  private child: ChildProcessWithoutNullStreams | null = null;
  private cookies = new Map<Role, string>();

  private constructor(
    private readonly args: string[],
    readonly port: number,
    private readonly dir: string,
  ) {
    this.url = `http://127.0.0.1:${port}`;
    this.named = `http://localhost:${port}`;
    this.stations = `ws://127.0.0.1:${port}/ocpp/`;
  }

  static async demo(stations = 12): Promise<Server> {
    const port = await freePort();
    const dir = mkdtempSync(join(tmpdir(), "cw-e2e-"));
    const s = new Server(
      ["demo", "--listen", `127.0.0.1:${port}`, "--data-dir", join(dir, "data"), "--stations", String(stations)],
      port,
      dir,
    );
    await s.start(/API key of the owner\s+cw_/);
    return s;
  }

  /** An empty server. Its set-up address is in `said`. */
  static async empty(...more: string[]): Promise<Server> {
    const port = await freePort();
    const dir = mkdtempSync(join(tmpdir(), "cw-e2e-"));
    const s = new Server(
      [
        ...["serve", "--listen", `127.0.0.1:${port}`, "--data-dir", join(dir, "data"), "--admin-listen", ""],
        ...["--log-level", "warn", ...more],
      ],
      port,
      dir,
    );
    await s.start(/set up\s+http/);
    return s;
  }

  /** Starts it, also again after `kill`; resolves when it has said `ready`. */
  start(ready = /pages\s+http/): Promise<void> {
    const child = spawn(binary, this.args, { env: clean() });
    this.child = child;
    this.said = "";
    return new Promise((done, fail) => {
      const hear = (text: Buffer) => {
        this.said += text.toString();
        if (ready.test(this.said)) done();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.on("error", fail);
      child.on("exit", (code) => fail(new Error(`${binary} ended with ${code}:\n${this.said}`)));
    });
  }

  /** Ends the process at once, as a failure of power would; its data stays. */
  kill(): Promise<void> {
    return this.end("SIGKILL");
  }

  async stop() {
    await this.end("SIGTERM");
    rmSync(this.dir, { recursive: true, force: true });
  }

  private end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = null;
    if (!child || child.exitCode !== null) return Promise.resolve();
    return new Promise((done) => {
      child.removeAllListeners("exit");
      child.on("exit", () => done());
      child.kill(signal);
    });
  }

  /** The cookie of a person of the demonstration, signed in once per server. */
  async cookie(role: Role): Promise<string> {
    const have = this.cookies.get(role);
    if (have) return have;
    const value = await signIn(this.url, `${role}@demo.example`, password);
    this.cookies.set(role, value);
    return value;
  }

  /** The API as a person of the demonstration. */
  async api(role: Role): Promise<APIRequestContext> {
    return apiOf(this.url, await this.cookie(role));
  }
}

/** The API as nobody. A context would take on who is signed in on the test's page, and signing in ends that. */
export const anonymous = (url: string) =>
  request.newContext({ baseURL: url, storageState: { cookies: [], origins: [] } });

/** Signs in by password and returns the value of the session's cookie. */
export async function signIn(url: string, email: string, secret: string): Promise<string> {
  const api = await anonymous(url);
  const r = await api.post("/api/v1/auth/password", { data: { email, password: secret } });
  if (!r.ok()) throw new Error(`${email} cannot sign in: ${r.status()} ${await r.text()}`);
  const { cookies } = await api.storageState();
  await api.dispose();
  const c = cookies.find((x) => x.name.includes("cw_session"));
  if (!c) throw new Error(`no session in ${JSON.stringify(cookies)}`);
  return c.value;
}

/** The API by a cookie, as a page of the same origin speaks to it. */
export async function apiOf(url: string, cookie: string): Promise<APIRequestContext> {
  return request.newContext({ baseURL: url, storageState: stateOf(cookie) });
}

export function stateOf(cookie: string) {
  return {
    cookies: [
      {
        name: "cw_session",
        value: cookie,
        domain: "127.0.0.1",
        path: "/",
        expires: -1,
        httpOnly: true,
        secure: false,
        sameSite: "Lax" as const,
      },
    ],
    origins: [],
  };
}

/** The environment without settings of a server of the person who tests. */
export function clean(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith("CHARGEWRIGHT_")));
}
