import { settled } from "./world/pages";
import { expect, test } from "./world/test";

test.use({ as: "owner" });

/** What has the focus, as a person would name it. */
const focused = (page: import("@playwright/test").Page) =>
  page.evaluate(() => {
    const e = document.activeElement as HTMLElement | null;
    return e && e !== document.body ? (e.getAttribute("aria-label") ?? e.textContent ?? "").trim() || e.tagName : "";
  });

test("everything of the shell is reached by Tab, and its focus is seen", async ({ page }) => {
  await page.goto("/tokens");
  await settled(page);
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("Skip to content");
  const seen: string[] = [];
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    seen.push(await focused(page));
    const ring = await page.evaluate(() => {
      const e = document.activeElement as HTMLElement;
      const s = getComputedStyle(e);
      const around = e.parentElement ? getComputedStyle(e.parentElement) : s;
      return (
        s.outlineStyle !== "none" || s.boxShadow !== "none" || around.outlineStyle !== "none" || e === document.body
      );
    });
    expect(ring, `focus of ${seen.at(-1)} is drawn`).toBe(true);
    if (await page.evaluate(() => !!document.activeElement?.closest("main"))) break;
  }
  for (const name of [
    /^Chargewright/,
    /^Site filter/,
    /^Station, EVSE/,
    /^Account/,
    /^Faulted/,
    /^Overview/,
    /^Mail/,
  ]) {
    expect(
      seen.some((s) => name.test(s)),
      `${name} among ${seen.join(" | ")}`,
    ).toBe(true);
  }
});

test("a table is used by arrows, and Enter opens a row", async ({ page }) => {
  await page.goto("/stations");
  await settled(page);
  const grid = page.getByRole("grid");
  const rows = grid.locator("[data-index]");
  await expect(rows.first()).toBeVisible();
  await rows.first().focus();
  await page.keyboard.press("ArrowDown");
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press("End");
  await expect(rows.last()).toBeFocused();
  await page.keyboard.press("Home");
  await expect(rows.first()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("aside.side")).toBeVisible();
  await page.locator("aside.side").getByRole("button", { name: "Close" }).focus();
  await page.keyboard.press("Escape");
  await expect(page.locator("aside.side")).toHaveCount(0);
});

test("a dialog keeps the focus inside and gives it back", async ({ page }) => {
  await page.goto("/stations/DEMO-003");
  await settled(page);
  const opener = page.getByRole("main").getByRole("button", { name: "Reset…" });
  await opener.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /^Reset/ });
  await expect(dialog).toBeVisible();
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("Tab");
    // The browser's own bar may take its turn; nothing of the page behind does.
    expect(
      await page.evaluate(
        () => document.activeElement === document.body || !!document.activeElement?.closest("dialog"),
      ),
    ).toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(opener).toBeFocused();
});

test("the palette finds a station and a page without a mouse", async ({ page }) => {
  await page.goto("/tokens");
  await settled(page);
  await page.keyboard.press("Control+k");
  const box = page.getByRole("dialog").getByRole("combobox");
  await expect(box).toBeFocused();
  await box.fill("DEMO-005");
  await expect(page.getByRole("option", { name: /DEMO-005/ }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/DEMO-005/);
});
