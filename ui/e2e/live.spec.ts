import type { Page } from "@playwright/test";
import { settled } from "./world/pages";
import { Server } from "./world/server";
import { expect, figure, test } from "./world/test";

/**
 * The main thread is to be free within 200 ms; the measured figure is printed. A machine that builds and tests beside this
 * is slower, so only what no load explains fails, in ms.
 */
const stuck = 1_000;

test.describe("with 50,000 stations", () => {
  test.use({ as: "owner" });

  test("the table loads and draws what is looked at", async ({ page }) => {
    const total = 50_000;
    const row = (i: number) => ({
      id: `CW-${String(i).padStart(6, "0")}`,
      name: `Post ${i}`,
      site_id: "site_works",
      site_name: "Werkstraße Nord",
      onboarding: "accepted",
      security_profile: 1,
      has_password: true,
      boot: "accepted",
      boot_at: null,
      protocol: "2.0.1",
      connected: true,
      connected_at: null,
      disconnected_at: null,
      status: "available",
      overall_status: "available",
      status_at: "2026-11-21T12:00:00Z",
      error: null,
      evse_states: ["available"],
      device: {
        id: "",
        vendor: "Halden",
        model: "HDC-150",
        serial: `S${i}`,
        firmware: "1",
        meter_type: "",
        meter_serial: "",
        iccid: "",
        imsi: "",
        security_profile: 1,
        installed_at: null,
        removed_at: null,
      },
      evses: [],
      updated_at: "2026-11-21T12:00:00Z",
    });
    let asked = 0;
    await page.route(/\/api\/v1\/stations\?/, async (r) => {
      const q = new URL(r.request().url()).searchParams;
      const size = Number(q.get("limit") ?? 50);
      const from = Number(q.get("cursor") ?? 0);
      asked++;
      const items = Array.from({ length: Math.min(size, total - from) }, (_, i) => row(from + i));
      await r.fulfill({ json: { items, next: from + size < total ? String(from + size) : null, total } });
    });
    await page.goto("/stations");
    await settled(page);
    const grid = page.getByRole("grid");
    await expect(grid.getByRole("link", { name: "CW-000000" })).toBeVisible();
    expect(asked, "pages at first").toBeLessThanOrEqual(2);
    await expect(page.getByText(/50,000/).first()).toBeVisible();

    // As far as somebody scrolls; each time the end comes near, one page more.
    await watchThread(page);
    const rows = grid.locator("[data-index]");
    const before = asked;
    for (let i = 0; i < 25; i++) {
      const had = asked;
      await grid.evaluate((e) => {
        e.scrollTop = e.scrollHeight;
      });
      await expect.poll(() => asked).toBeGreaterThan(had);
      expect(await rows.count(), "rows drawn").toBeLessThan(120);
    }
    const blocked = await longest(page);
    figure(
      `50,000 stations: ${before} requests at first, ${asked} after 25 ends, ${await rows.count()} rows drawn, longest task ${blocked} ms`,
    );
    expect(asked - before).toBeLessThanOrEqual(30);
    expect(blocked).toBeLessThan(stuck);
  });
});

/** Counts how long the main thread answers nobody: tasks over 50 ms, as the browser tells them. */
async function watchThread(page: Page) {
  await page.evaluate(() => {
    const w = window as unknown as { tasks: number[] };
    w.tasks = [];
    new PerformanceObserver((l) => w.tasks.push(...l.getEntries().map((e) => e.duration))).observe({
      type: "longtask",
    });
  });
}
const longest = (page: Page) =>
  page.evaluate(() => Math.round(Math.max(0, ...(window as unknown as { tasks: number[] }).tasks)));

test.describe("busy", () => {
  test.use({ as: "owner" });

  test("1,000 events a second do not hold the overview up", async ({ page }) => {
    test.setTimeout(60_000);
    // A stream of our own instead of the server's: what a network of 10,000 stations would send.
    await page.addInitScript(() => {
      class Busy extends EventTarget {
        readyState = 1;
        onopen: ((e: Event) => void) | null = null;
        onerror: ((e: Event) => void) | null = null;
        private timer: ReturnType<typeof setInterval>;
        constructor() {
          super();
          const w = window as unknown as { sent: number };
          w.sent = 0;
          setTimeout(() => this.onopen?.(new Event("open")), 0);
          this.timer = setInterval(() => {
            for (let i = 0; i < 20; i++, w.sent++) {
              const topic = w.sent % 3 === 0 ? "session" : "station";
              this.dispatchEvent(new MessageEvent(topic, { data: JSON.stringify({ id: `CW-${w.sent % 10_000}` }) }));
            }
          }, 20);
        }
        close() {
          clearInterval(this.timer);
        }
      }
      (window as unknown as { EventSource: unknown }).EventSource = Busy;
    });
    let reads = 0;
    page.on("request", (r) => {
      if (/\/api\/v1\/overview$/.test(new URL(r.url()).pathname)) reads++;
    });
    await page.goto("/");
    await settled(page);
    await watchThread(page);
    const from = {
      reads,
      at: Date.now(),
      sent: await page.evaluate(() => (window as unknown as { sent: number }).sent),
    };
    // The page answers a person all the while.
    const frames = await page.evaluate(
      () =>
        new Promise<{ worst: number; n: number }>((done) => {
          let last = performance.now();
          const until = last + 10_000;
          let worst = 0;
          let n = 0;
          const step = (now: number) => {
            worst = Math.max(worst, now - last);
            last = now;
            n++;
            if (now < until) requestAnimationFrame(step);
            else done({ worst, n });
          };
          requestAnimationFrame(step);
        }),
    );
    const seconds = (Date.now() - from.at) / 1000;
    const sent = (await page.evaluate(() => (window as unknown as { sent: number }).sent)) - from.sent;
    const blocked = await longest(page);
    figure(
      `${Math.round(sent / seconds)} events/s for ${seconds.toFixed(0)} s: longest task ${blocked} ms, longest gap of frames ${Math.round(frames.worst)} ms, ${reads - from.reads} reads of the overview`,
    );
    expect(sent / seconds).toBeGreaterThan(800);
    expect(blocked).toBeLessThan(stuck);
    expect(reads - from.reads).toBeLessThanOrEqual(seconds / 2 + 3);
    await page
      .getByRole("navigation", { name: "Sections" })
      .getByRole("link", { name: /^Stations/ })
      .click();
    await expect(page.getByRole("heading", { level: 1, name: "Stations" })).toBeAttached();
  });
});

test("a lost connection ages the values and heals by itself", async ({ browser }) => {
  test.setTimeout(120_000);
  const server = await Server.empty();
  const context = await browser.newContext({ baseURL: server.url, locale: "en-GB" });
  try {
    const setup = /set up\s+\S+#(\S+)/.exec(server.said)?.[1];
    const page = await context.newPage();
    const made = await context.request.post("/api/v1/auth/setup", {
      data: {
        ...{ token: setup, company: "Stadtwerke", country: "DE", currency: "EUR", time_zone: "Europe/Berlin" },
        ...{ name: "Olga", email: "olga@x.example", password: "a long enough sentence", language: "en" },
      },
    });
    expect(made.ok(), await made.text()).toBe(true);
    expect((await context.request.post("/api/v1/simulator", { data: { stations: 2, protocol: "2.0.1" } })).ok()).toBe(
      true,
    );
    await page.goto("/");
    await settled(page);
    const bar = page.getByRole("banner");
    await expect(bar.getByText(/^Live/)).toBeVisible();
    // A value is there before the connection goes.
    await expect(page.getByText(/[1-9]\d*(\.\d+)? ?kW/).first()).toBeVisible({ timeout: 40_000 });

    await server.kill();
    await expect(bar.getByText(/^Connection lost, values \d+ s old/)).toBeVisible({ timeout: 30_000 });
    await expect(page.locator(".stale").first()).toBeVisible({ timeout: 60_000 });

    const again = Date.now();
    await server.start();
    await expect(bar.getByText(/^Live/)).toBeVisible({ timeout: 45_000 });
    await expect(page.locator(".stale")).toHaveCount(0);
    figure(`live again ${((Date.now() - again) / 1000).toFixed(1)} s after the server's restart, still signed in`);
    await expect(page).toHaveURL(`${server.url}/`);
  } finally {
    await context.close();
    await server.stop();
  }
});
