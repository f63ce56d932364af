import { readFileSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { settled } from "./world/pages";
import { expect, test } from "./world/test";

test.use({ as: "finance" });

async function saved(page: Page, link: Locator): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent("download"), link.click()]);
  return readFileSync(await file.path());
}

test("a payer objects; the evidence is looked at and handed in, the bank decides for it, and the books agree", async ({
  page,
}) => {
  test.setTimeout(180_000);
  // A driver of the demonstration objects once two sessions were paid by card.
  await page.goto("/disputes");
  await settled(page);
  const row = page.getByRole("grid").getByRole("row", { name: /simpay/ });
  await expect(row).toHaveCount(1, { timeout: 90_000 });
  await row.getByRole("gridcell").first().click(); // the others lead to the session and its driver
  const panel = page.getByRole("complementary");
  await expect(panel).toContainText(/€\d+\.\d\d/);

  const pdf = await saved(page, panel.getByRole("link", { name: "Evidence as PDF" }));
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
  const zip = (await saved(page, panel.getByRole("link", { name: "All of it as ZIP" }))).toString("latin1");
  for (const name of ["evidence.pdf", "dispute.json", "payment.json", "session.json", "price.json", "messages.json"])
    expect(zip).toContain(name);

  await panel
    .getByLabel("What happened")
    .fill("The driver started this session in the app and unplugged an hour later.");
  await panel.getByRole("button", { name: "Hand in…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Hand it in" }).click();
  await expect(panel.getByText(/Evidence is handed in\. The bank decides\.|The bank decided for you/)).toBeVisible();
  await expect(panel.getByText("The bank decided for you. The money came back.")).toBeVisible({ timeout: 60_000 });
  await expect(panel.getByRole("button", { name: "Hand in…" })).toHaveCount(0);

  await page.goto("/reconciliation");
  await settled(page);
  const balance = page.getByRole("table").getByRole("row", { name: /^simpay EUR/ });
  await expect(balance.getByRole("cell").last()).toHaveText("€0.00");
  await expect(page.getByRole("alert")).toHaveCount(0);
});
