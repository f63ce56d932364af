import type { BrowserContext, Page } from "@playwright/test";
import { charged, charging, type Driver, driverOf } from "./world/driver";
import { type Server, stateOf } from "./world/server";
import { expect, test } from "./world/test";

test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

async function enter(context: BrowserContext, demo: Server): Promise<Driver> {
  const who = await driverOf(demo);
  await context.addCookies(stateOf(who.cookie).cookies);
  return who;
}

/** On the page of the simulated provider: pays or saves with a card, by its name. */
async function use(page: Page, card: string, deed: RegExp) {
  await expect(page).toHaveURL(/\/simpay\/pay\//);
  await page.getByRole("radio", { name: card }).check();
  await page.getByRole("button", { name: deed }).click();
}

/** Saves a card from the page of payment methods, and comes back. */
async function save(page: Page, card: string) {
  await page.goto("/app/methods");
  await expect(page.getByText("No payment method is saved.")).toBeVisible();
  await page.getByRole("button", { name: "Add a payment method" }).click();
  await use(page, card, /^Save$/);
  await expect(page).toHaveURL(/\/app\/wallet\?payment=/);
  await expect(page.getByRole("heading", { name: "Saved" })).toBeVisible();
  await page.getByRole("button", { name: "Done" }).click();
}

const balance = (page: Page) => page.locator(".fig.hero b");

test("a driver saves a card, tops up and charges; the wallet runs low and fills itself", async ({
  page,
  context,
  demo,
  steered,
}) => {
  const who = await enter(context, demo);
  await save(page, "Card that pays");
  await expect(page).toHaveURL(/\/app\/wallet$/);
  await expect(balance(page)).toHaveText("€0.00");

  // By the saved card at once.
  await page.getByRole("button", { name: "€10", exact: true }).click();
  await expect(page.getByText("Charged to Visa ending 0001 at once.")).toBeVisible();
  await page.getByRole("button", { name: "Add €10.00" }).click();
  await expect(page.getByText("€10.00 by Visa ending 0001 is in your wallet.")).toBeVisible();
  await expect(balance(page)).toHaveText("€10.00");

  // Filled by itself below €10.
  await page.getByLabel("Fill the wallet when it runs low").check();
  await page.getByRole("button", { name: "Switch on" }).click();
  await expect(page.getByText("On: below €10.00, €25.00 is added.")).toBeVisible();

  // Before a start it is said what pays.
  await page.goto(`/app/e/${await steered.number(1)}`);
  await expect(page.getByText("Paid from your wallet, €10.00 free; beyond that by Visa ending 0001.")).toBeVisible();
  await charged(who, steered, await charging(who, steered));

  // The session came out of the wallet, and €25 went into it.
  await page.goto("/app/payments");
  await expect(page.getByRole("link", { name: /^Werkstraße Nord\s*Paid/ })).toBeVisible();
  await expect(page.getByRole("link", { name: /^Top-up\s*Paid.*€25\.00/ })).toBeVisible();
  await page.goto("/app/wallet");
  await expect(balance(page)).toHaveText(/^€3[34]\.\d\d$/);

  // What is free goes back.
  await page.getByRole("button", { name: /^Pay €3[34]\.\d\d back$/ }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Pay €/ })
    .click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect.poll(async () => (await (await who.api.get("/api/v1/me/wallet")).json()).balance.amount_minor).toBe(0);
  await page.goto("/app/wallet");
  await expect(balance(page)).toHaveText("€0.00");
});

test("a top-up that the bank declines says why, and no money is shown", async ({ page, context, demo }) => {
  await enter(context, demo);
  await save(page, "Card that is declined next time");
  await page.getByLabel("Another amount").fill("12,50");
  await page.getByRole("button", { name: "Add €12.50" }).click();
  await expect(page.getByRole("heading", { name: "Declined" })).toBeVisible();
  await expect(page.getByText("There is not enough money on the card. €12.50 was not taken.")).toBeVisible();
  await expect(balance(page)).toHaveText("€0.00");

  // On the page of the provider, left without paying: it waits, and the way back is there.
  await page.getByLabel("Pay with").selectOption({ label: "Something else, on the payment page" });
  await page.getByRole("button", { name: "€25", exact: true }).click();
  await page.getByRole("button", { name: "Add €25.00" }).click();
  await use(page, "Card without funds", /^Pay 25/);
  await expect(page.getByRole("alert")).toContainText("declined");
  await page.getByRole("button", { name: "Leave without paying" }).click();
  await expect(page.getByRole("heading", { name: "Waiting for the payment" })).toBeVisible();
  await expect(page.getByText("€25.00 is not paid yet and not in your wallet.")).toBeVisible();
  await expect(balance(page)).toHaveText("€0.00");
  await page.getByRole("link", { name: "To the payment page" }).click();
  await use(page, "Card that pays", /^Pay 25/);
  await expect(page.getByText("€25.00 by Visa ending 0001 is in your wallet.")).toBeVisible();
  await expect(balance(page)).toHaveText("€25.00");
});

test("a card that is declined after charging is shown as unpaid, and paid by hand", async ({
  page,
  context,
  demo,
  steered,
  watch,
}) => {
  watch.allow(/^409 DELETE \/api\/v1\/me\/methods\//);
  const who = await enter(context, demo);
  await save(page, "Card that is declined next time");
  await charged(who, steered, await charging(who, steered));
  await expect
    .poll(async () => (await (await who.api.get("/api/v1/me/claims")).json()).items[0]?.state, { timeout: 20_000 })
    .toBe("dunning");
  await page.goto("/app/sessions");
  const owed = page.getByRole("region", { name: "What is unpaid" });
  await expect(owed).toContainText("There is not enough money on the card. It is tried again on");

  // The only card stays while something is owed.
  await page.goto("/app/methods");
  await page.getByRole("button", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("A session is still to be paid");
  await dialog.getByRole("button", { name: "Cancel" }).click();

  await page.goto("/app/account");
  await owed.getByRole("button", { name: /^Pay €\d+\.\d\d now$/ }).click();
  await use(page, "Card that pays", /^Pay /);
  await expect(page.getByText(/was paid by Visa ending 0001/)).toBeVisible();
  await page.goto("/app/sessions");
  await expect(page.getByRole("link", { name: /Werkstraße Nord/ }).first()).toBeVisible();
  await expect(owed).toHaveCount(0);
});

test("what the bank wants confirmed after charging is confirmed on its page", async ({
  page,
  context,
  demo,
  steered,
}) => {
  const who = await enter(context, demo);
  await save(page, "Card that wants you next time");
  await charged(who, steered, await charging(who, steered));
  await expect
    .poll(async () => (await (await who.api.get("/api/v1/me/payments")).json()).items[0]?.status, { timeout: 20_000 })
    .toBe("open");
  await page.goto("/app/sessions");
  const owed = page.getByRole("region", { name: "What is unpaid" });
  await expect(owed).toContainText("your bank wants you to confirm it");

  await page.goto("/app/account");
  await owed.getByRole("link", { name: "To the payment page" }).click();
  await page.getByRole("button", { name: "Yes, it is me" }).click();
  await expect(page).toHaveURL(/\/app\/wallet\?payment=/);
  await expect(page.getByText(/^€\d+\.\d\d was paid by Mastercard ending \d{4}/)).toBeVisible();
  await expect(owed).toHaveCount(0);
  await page.goto("/app/sessions");
  await expect(page.getByRole("link", { name: /Werkstraße Nord/ }).first()).toBeVisible();
  await expect(owed).toHaveCount(0);
});

test("the return with another's payment, or none, shows nothing", async ({ page, context, demo, watch }) => {
  const other = await driverOf(demo);
  const topUp = await other.api.post("/api/v1/me/wallet/top-ups", { data: { key: "one", amount_minor: 7700 } });
  const { id } = (await topUp.json()) as { id: string };
  expect(topUp.status()).toBe(201);
  await enter(context, demo);
  watch.allow(/^404 GET \/api\/v1\/me\/payments\//);
  for (const forged of [id, "pay_01900000-0000-7000-8000-000000000000", "<b>7700</b>"]) {
    await page.goto(`/app/wallet?payment=${encodeURIComponent(forged)}`);
    await expect(page.getByText("You have no such payment.")).toBeVisible();
    await expect(page.getByText("77.00")).toHaveCount(0);
    await expect(balance(page)).toHaveText("€0.00");
  }
  await page.getByRole("button", { name: "To the wallet" }).click();
  await expect(page).toHaveURL(/\/app\/wallet$/);
});
