import type { Page } from "@playwright/test";
import { expect, test } from "./world/test";

test.use({ javaScriptEnabled: false, viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

async function choose(page: Page, card: string) {
  await page.getByRole("radio", { name: card }).check();
  await page.getByRole("button", { name: /^Reserve / }).click();
}

test("a guest without JavaScript finds a charger, pays, charges, stops and gets the receipt", async ({
  page,
  steered,
}) => {
  // Find it by the number on the label; a QR code leads to the same address.
  const number = await steered.number(1);
  await page.goto("/pay");
  await page.getByLabel("Number of the charger").fill(number);
  await page.getByRole("button", { name: "Find the charger" }).click();
  await expect(page).toHaveURL(new RegExp(`/pay/${number}$`));
  await expect(page.getByRole("heading", { level: 1, name: "Werkstraße Nord" })).toBeVisible();
  await expect(page.getByText("€0.49 per kWh").first()).toBeVisible();
  const hold = (await page.locator(".figure").textContent()) ?? "";
  expect(hold).toMatch(/^€\d+\.\d\d$/);

  // The provider's page asks for what was said; one card is declined, another wants 3-D Secure.
  await page.getByRole("button", { name: "Accept the price and pay" }).click();
  await expect(page).toHaveURL(/\/simpay\/pay\//);
  await expect(page.getByText(`${hold.slice(1)} EUR`).first()).toBeVisible();
  await choose(page, "Card without funds");
  await expect(page.getByRole("alert")).toContainText("declined");
  await choose(page, "Card with 3-D Secure");
  await page.getByRole("button", { name: "Yes, it is me" }).click();

  // Follow: the page looks again by itself.
  await expect(page).toHaveURL(/\/pay\/v\//);
  await expect(page.getByRole("heading", { level: 1, name: "Plug in" })).toBeVisible();
  await steered.station.do("plug 1 60000 20 120000");
  await expect(page.getByRole("heading", { level: 1, name: "Charging", exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(/^(?!0\.00)\d+\.\d\d kWh$/)).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Stop charging" }).click();
  await steered.station.do("unplug 1");

  // What is on the receipt is what was paid.
  await expect(page.getByRole("heading", { name: /^Receipt / })).toBeVisible({ timeout: 30_000 });
  const total = (await page.getByRole("row", { name: /^Total/ }).textContent()) ?? "";
  const sum = /€\d+\.\d\d/.exec(total)?.[0] ?? "?";
  await expect(page.getByText(new RegExp(`${sum.replace(".", "\\.")} paid with Mastercard`))).toBeVisible({
    timeout: 30_000,
  });
  await expect(page.locator("script")).toHaveCount(0);
});

test("a guest who leaves the payment page is told what is open, and no charger starts", async ({ page, steered }) => {
  await page.goto(`/pay/${await steered.number(2)}`);
  await page.getByRole("button", { name: "Accept the price and pay" }).click();
  await page.getByRole("button", { name: "Leave without paying" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Waiting for the payment" })).toBeVisible();
  await expect(page.getByRole("link", { name: "To the payment page" })).toBeVisible();
});

test("a number that no charger has says so", async ({ page, watch }) => {
  watch.allow(/^404 GET \/pay\//);
  await page.goto("/pay/000000");
  await expect(page.getByRole("alert")).toContainText("There is no charger with this number.");
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page.getByLabel("Number of the charger")).toBeFocused();
});

test("the address of a visit that nobody has shows nothing", async ({ page, watch }) => {
  watch.allow(/^404 GET \/pay\/v\//);
  await page.goto("/pay/v/0123456789abcdef0123456789abcdef");
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.getByText("kWh")).toHaveCount(0);
});
