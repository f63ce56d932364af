import type { Browser, BrowserContext, Page } from "@playwright/test";
import type { Server } from "./world/server";
import { expect, type Steered, test } from "./world/test";

test.use({ javaScriptEnabled: false, viewport: { width: 1024, height: 768 } });

const reader = "sim_reader_2";

/** A terminal that serves both EVSEs of a steered station; the address of its screen. */
async function terminal(demo: Server, s: Steered) {
  const owner = await demo.api("owner");
  const made = await owner.post("/api/v1/terminals", {
    data: {
      site_id: "site_works",
      name: s.id,
      reader,
      evses: [1, 2].map((evse_id) => ({ station_id: s.id, evse_id })),
    },
  });
  expect(made.status(), await made.text()).toBe(201);
  const { id, screen_url } = (await made.json()) as { id: string; screen_url: string };
  const retire = async () => {
    const gone = await owner.put(`/api/v1/terminals/${id}`, { data: { name: s.id, reader, retired: true } });
    expect(gone.status(), await gone.text()).toBe(200);
    await owner.dispose();
  };
  return { screen: screen_url, retire };
}

/** Shows a card to the simulated reader. */
async function show(context: BrowserContext, card: string) {
  const page = await context.newPage();
  await page.goto(`/simpay/readers/${reader}`);
  await page.getByRole("radio", { name: card }).check();
  await page.getByRole("button", { name: "Show the card" }).click();
  await page.close();
}

/** Chooses an EVSE on the screen and accepts its price; what is held. */
async function choose(page: Page, number: string): Promise<string> {
  await page.getByRole("link", { name: number }).click();
  await expect(page.getByText("€0.49 per kWh").first()).toBeVisible();
  await expect(page.getByText("Charging stops before the amount is used up.")).toBeVisible();
  const hold = (await page.locator("section .figure").textContent()) ?? "";
  expect(hold).toMatch(/^€\d+\.\d\d$/);
  await page.getByRole("button", { name: "Accept the price and pay by card here" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Show your card" })).toBeVisible();
  return hold;
}

/** The phone of a customer. */
async function phone(browser: Browser, baseURL: string | undefined): Promise<Page> {
  const context = await browser.newContext({
    baseURL,
    javaScriptEnabled: false,
    viewport: { width: 360, height: 740 },
    isMobile: true,
    locale: "en-GB",
  });
  return context.newPage();
}

test("a customer pays at a terminal, charges, and the next one pays meanwhile; the receipt is behind a short link", async ({
  page,
  browser,
  baseURL,
  demo,
  steered,
}) => {
  const { screen, retire } = await terminal(demo, steered);
  await page.goto(`${screen}?lang=en`);
  await expect(page.getByRole("heading", { level: 1, name: "Choose a charger" })).toBeVisible();
  await expect(page.locator("a.bay")).toHaveCount(2);

  // A card that is refused holds nothing; the screen says so and goes back.
  const first = await steered.number(1);
  await choose(page, first);
  await show(page.context(), "Card without funds");
  await expect(page.getByRole("alert")).toContainText("Your bank refused the payment.", { timeout: 15_000 });
  await page.getByRole("link", { name: "Back to all chargers" }).click();

  // Another one pays; the address of the visit is short enough to be typed.
  await choose(page, first);
  await show(page.context(), "Card that pays");
  await expect(page.getByRole("heading", { level: 1, name: "Plug in" })).toBeVisible({ timeout: 30_000 });
  const link = (await page.locator(".link").textContent()) ?? "";
  expect(link).toMatch(/\/r\/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  await expect(page.getByRole("img", { name: "QR" })).toBeVisible();
  await steered.station.do("plug 1 60000 20 120000");

  // The screen is free for the next while the first charges.
  await page.getByRole("link", { name: "Done: next customer" }).click();
  await expect(page.locator("a.bay")).toHaveCount(1, { timeout: 30_000 });
  await choose(page, await steered.number(2));
  await show(page.context(), "Apple Pay, simulated");
  await expect(page.getByRole("heading", { level: 1, name: "Plug in" })).toBeVisible({ timeout: 30_000 });

  // The first follows on their phone, stops, and finds the receipt.
  const own = await phone(browser, baseURL);
  await own.goto(link.toLowerCase());
  await expect(own.getByRole("heading", { level: 1, name: "Charging", exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(own.getByText(/^(?!0\.00)\d+\.\d\d kWh$/)).toBeVisible({ timeout: 30_000 });
  await own.getByRole("button", { name: "Stop charging" }).click();
  await steered.station.do("unplug 1");
  await expect(own.getByRole("heading", { name: /^Receipt / })).toBeVisible({ timeout: 30_000 });
  await expect(own.getByText(/€\d+\.\d\d paid with Visa/)).toBeVisible({ timeout: 30_000 });
  await expect(own.locator("script")).toHaveCount(0);
  await own.context().close();
  await retire();
});

test("a reader that is not connected, and a customer who leaves, free the terminal", async ({
  page,
  demo,
  steered,
}) => {
  const { screen, retire } = await terminal(demo, steered);
  const at = await page.context().newPage();
  await at.goto(`/simpay/readers/${reader}`);
  await at.getByRole("button", { name: "Disconnect the reader" }).click();
  await page.goto(`${screen}?lang=en`);
  await page.getByRole("link", { name: await steered.number(1) }).click();
  await page.getByRole("button", { name: "Accept the price and pay by card here" }).click();
  await expect(page.getByRole("alert")).toContainText("busy or not connected", { timeout: 30_000 });
  await at.getByRole("button", { name: "Connect the reader" }).click();
  await at.close();

  await page.getByRole("link", { name: "Back to all chargers" }).click();
  await choose(page, await steered.number(1));
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Choose a charger" })).toBeVisible();
  await expect(async () => {
    await page.goto(`${screen}?lang=en`);
    await choose(page, await steered.number(2));
  }).toPass({ timeout: 20_000 });
  await page.getByRole("button", { name: "Cancel" }).click();
  await retire();
});

test("a screen whose address nobody has shows nothing", async ({ page, watch }) => {
  watch.allow(/^404 GET \/(pay\/at|r)\//);
  await page.goto("/pay/at/0123456789abcdef0123456789abcdef");
  await expect(page.getByRole("alert")).toBeVisible();
  await page.goto("/r/0123456789AB");
  await expect(page.getByRole("alert")).toContainText("There is nothing at this address.");
});
