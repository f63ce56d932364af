import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { driverOf, tour } from "./world/driver";
import { type Address, consolePages, gates, openPages, settled, things } from "./world/pages";
import { packed } from "./world/png";
import { stateOf } from "./world/server";
import { expect, test } from "./world/test";

const dir = process.env.SCREENS ?? fileURLToPath(new URL("../../docs/screens/", import.meta.url));
/** The largest picture, in bytes. */
const most = 150 * 1024;
const alsoDark = ["overview", "station", "session", "find"];

test.use({ reducedMotion: "reduce" });

async function take(page: Page, name: string) {
  const png = packed(await page.screenshot({ animations: "disabled", caret: "hide" }));
  writeFileSync(join(dir, `${name}.png`), png);
}

/** Each page at 1440 and 360 px in light, and some in dark: FACE-PAGE-WIDTH[-dark].png */
async function takeAll(page: Page, face: string, pages: Address[]) {
  for (const { name, path } of pages) {
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(path);
    await settled(page);
    for (const [width, height] of [
      [1440, 900],
      [360, 740],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const theme of alsoDark.includes(name) ? (["light", "dark"] as const) : (["light"] as const)) {
        await page.emulateMedia({ colorScheme: theme });
        await settled(page);
        await quiet(page);
        await take(page, `${face}-${name}-${width}${theme === "dark" ? "-dark" : ""}`);
      }
    }
  }
}

/** Waits until nothing on the way is still to be drawn: charts and maps come after the page. */
async function quiet(page: Page) {
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        let left = 20;
        const step = () => (left-- > 0 ? requestAnimationFrame(step) : done());
        requestAnimationFrame(step);
      }),
  );
}

test.beforeAll(() => {
  mkdirSync(dir, { recursive: true });
  for (const f of readdirSync(dir, { withFileTypes: true })) {
    if (/^(console|driver)-.*\.png$/.test(f.name)) rmSync(join(dir, f.name));
  }
});

test.afterAll(() => {
  for (const f of readdirSync(dir)) {
    if (/^(console|driver)-/.test(f)) expect(statSync(join(dir, f)).size, f).toBeLessThanOrEqual(most);
  }
});

test("pictures of every page", async ({ page, demo, context, watch, steered }) => {
  test.setTimeout(600_000);
  watch.allow(/^40[14] GET /);
  const ids = await things(demo);
  await takeAll(page, "console", gates);
  await takeAll(page, "driver", openPages(ids));
  const who = await driverOf(demo, "hugo@demo.example");
  await context.addCookies(stateOf(who.cookie).cookies);
  await tour(who, steered, (pages) => takeAll(page, "driver", pages));
  await context.addCookies(stateOf(await demo.cookie("owner")).cookies);
  await takeAll(page, "console", consolePages(ids));
});
