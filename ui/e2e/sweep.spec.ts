import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { driverOf, tour } from "./world/driver";
import { type Address, consolePages, gates, openPages, settled, things } from "./world/pages";
import { stateOf } from "./world/server";
import { expect, test } from "./world/test";

/**
 * What axe finds broken, serious or critical, of WCAG 2.2 up to AA, as `rule ×count: element`. Colours alone are looked at
 * where nothing else has changed since the last look.
 */
async function broken(page: Page, what: "all" | "colours" | "form"): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  if (what === "colours") axe.withRules(["color-contrast"]);
  else axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]);
  if (what === "form") axe.disableRules(["color-contrast"]);
  const { violations } = await axe.analyze();
  return violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => {
      const why = v.nodes[0]?.failureSummary?.split("\n")[1]?.trim() ?? "";
      return `${v.id} ×${v.nodes.length}: ${v.nodes[0]?.target.join(" ")} ${why}`;
    });
}

/** How far the page goes beyond the screen, and by which elements. */
const beyond = (page: Page) =>
  page.evaluate(() => {
    const wide = document.documentElement.scrollWidth;
    if (wide <= innerWidth) return "";
    const who = [...document.querySelectorAll("body *")]
      .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
      .slice(-3)
      .map((e) => `${e.tagName.toLowerCase()}.${e.className}`);
    return `${wide} px: ${who.join(", ")}`;
  });

/** Every page in light and dark for axe, and at 360 px without a way to the right. */
async function sweep(page: Page, pages: Address[]) {
  const faults: string[] = [];
  for (const { path } of pages) {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto(path);
    await settled(page);
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme });
      for (const b of await broken(page, theme === "light" ? "all" : "colours")) faults.push(`${path} ${theme} ${b}`);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    await settled(page);
    const b = await beyond(page);
    if (b) faults.push(`${path} at 360: ${b}`);
    for (const x of await broken(page, "form")) faults.push(`${path} at 360 ${x}`);
    const one = await page.locator("h1").count();
    if (one !== 1) faults.push(`${path} has ${one} h1`);
    if ((await page.title()) === "") faults.push(`${path} has no title`);
  }
  expect(faults).toEqual([]);
}

// The longest file: its parts need not wait for each other.
test.describe.configure({ mode: "parallel" });

test.describe("staff", () => {
  test.use({ as: "owner", reducedMotion: "reduce" });
  const parts = 4;
  for (let i = 0; i < parts; i++) {
    test(`pages of the console, part ${i + 1}`, async ({ page, demo }) => {
      test.setTimeout(300_000);
      const all = consolePages(await things(demo));
      await sweep(
        page,
        all.filter((_, n) => n % parts === i),
      );
    });
  }
});

test.describe("nobody", () => {
  test.use({ reducedMotion: "reduce" });
  test("pages before signing in", async ({ page }) => {
    await sweep(page, gates);
  });
  test("pages of the driver's app", async ({ page, demo }) => {
    test.setTimeout(120_000);
    await sweep(page, openPages(await things(demo)));
  });
});

test("a driver's own pages", async ({ page, demo, context, watch, steered }) => {
  test.setTimeout(180_000);
  watch.allow(/^404 GET \/api\/v1\/me\//);
  const who = await driverOf(demo);
  await context.addCookies(stateOf(who.cookie).cookies);
  await tour(who, steered, (pages) => sweep(page, pages));
});
