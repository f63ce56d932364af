import { test as base, type ConsoleMessage, expect, type Page, type Response } from "@playwright/test";
import { type Role, Server, stateOf } from "./server";
import { Station } from "./station";

/** What a page may not do unseen: errors of scripts and the console, violations of the policy, answers of 400 and above. */
export class Watch {
  readonly faults: string[] = [];
  private allowed: RegExp[] = [];

  /** Lets what fits pass from now on and what came before. `401 POST /api/v1/auth/password` is how an answer reads. */
  allow(...what: RegExp[]) {
    this.allowed.push(...what);
  }

  left(): string[] {
    return this.faults.filter((f) => !this.allowed.some((a) => a.test(f)));
  }

  console(m: ConsoleMessage) {
    // Chromium repeats each answer of 400 and above here, without the method.
    if (m.type() !== "error" || m.text().startsWith("Failed to load resource: the server responded")) return;
    this.faults.push(`console: ${m.text()} (${m.location().url})`);
  }

  response(r: Response) {
    const u = new URL(r.url());
    if (r.status() >= 400) this.faults.push(`${r.status()} ${r.request().method()} ${u.pathname}`);
  }
}

interface Options {
  /** Who is signed in; nobody by default. */
  as: Role | "nobody";
}

export interface Steered {
  id: string;
  /** The six digits on the label of an EVSE. */
  number: (evse: number) => Promise<string>;
  station: Station;
}

interface Each {
  watch: Watch;
  /** A station that the demonstration knows and that does what it is told, at the works. */
  steered: Steered;
}

interface Once {
  /** A demonstration of its own for each worker. */
  demo: Server;
}

export const test = base.extend<Options & Each, Once>({
  as: ["nobody", { option: true }],
  demo: [
    // biome-ignore lint/correctness/noEmptyPattern: how Playwright reads what a fixture needs
    async ({}, use) => {
      const s = await Server.demo();
      await use(s);
      await s.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  baseURL: async ({ demo }, use) => use(demo.url),
  storageState: async ({ demo, as }, use) =>
    use(as === "nobody" ? { cookies: [], origins: [] } : stateOf(await demo.cookie(as))),
  watch: [
    async ({ context }, use) => {
      const w = new Watch();
      context.on("console", (m) => w.console(m));
      context.on("weberror", (e) => w.faults.push(`page: ${e.error().stack ?? e.error()}`));
      context.on("response", (r) => w.response(r));
      await use(w);
      expect(w.left(), "errors while the pages were used").toEqual([]);
    },
    { auto: true },
  ],
  steered: async ({ demo }, use, info) => {
    const id = `E2E-${info.workerIndex}-${steers++}`;
    const owner = await demo.api("owner");
    const announced = await owner.put(`/api/v1/stations/${id}`, {
      data: { password: "steered station", site_id: "site_works", name: id },
    });
    expect(announced.status(), await announced.text()).toBeLessThan(300);
    const station = Station.run(demo.stations, id, "steered station");
    const row = async () =>
      (await (await owner.get(`/api/v1/stations/${id}`)).json()) as {
        connected: boolean;
        evses: { evse_id: number; number: string }[];
      };
    await expect.poll(async () => (await row()).evses.filter((e) => e.number).length, { timeout: 20_000 }).toBe(2);
    const number = async (evse: number) => (await row()).evses.find((e) => e.evse_id === evse)?.number ?? "";
    await use({ id, number, station });
    await station.stop();
    await owner.dispose();
  },
});
let steers = 0;

export { expect };

/** Signs in by the page of the console. */
export async function enter(page: Page, email: string, secret: string) {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Says a measured figure in the log and keeps it with the test. */
export function figure(text: string) {
  test.info().annotations.push({ type: "figure", description: text });
  console.log(`      ${text}`);
}
