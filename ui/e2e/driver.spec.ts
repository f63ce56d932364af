import { mailedCode } from "./world/driver";
import { expect, test } from "./world/test";

test.use({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });

const spaced = (n: string) => n.replace(/(\d{3})(\d{3})/, "$1 $2");

test("a driver finds a plug, signs in by mail, charges and reads the receipt", async ({ page, steered, watch }) => {
  const number = await steered.number(1);
  expect(number).toMatch(/^\d{6}$/);

  // Find: the list, then the site, then the plug by the number on its label.
  await page.goto("/app/?view=list");
  await page.getByRole("link", { name: /Werkstraße Nord/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Werkstraße Nord" })).toBeVisible();
  await page.getByRole("link", { name: new RegExp(spaced(number)) }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Plug 1" })).toBeVisible();
  await expect(page.getByText("€0.49 per kWh").first()).toBeVisible();

  // Sign in where one stands, by the link of the mail.
  const email = `driver-${Date.now()}@drivers.example`;
  await page.getByRole("button", { name: "Charge here" }).click();
  const dialog = page.getByRole("dialog", { name: "Sign in to charge" });
  await dialog.getByLabel("Mail address").fill(email);
  await dialog.getByRole("button", { name: "Send me a code" }).click();
  await dialog.getByRole("region", { name: "Mailbox" }).getByRole("link", { name: "Open the link" }).click();

  // The link leads back to the plug.
  await expect(page).toHaveURL(new RegExp(`/app/e/${number}`));
  await page.getByRole("button", { name: "Charge here" }).click();
  await expect(page.getByRole("heading", { name: "Plug in now" })).toBeVisible();
  await steered.station.do("plug 1 60000 20 120000");

  // Watch it live.
  await expect(page).toHaveURL(/\/app\/session\//);
  await expect(page.getByText("Charging", { exact: true }).first()).toBeVisible();
  const cost = page.locator("dl").getByText(/^€\d/);
  await expect(cost).not.toHaveText("€0.00");
  const first = await cost.textContent();
  await expect(cost, "the cost grows while one looks").not.toHaveText(first ?? "");

  // Stop, with the consequence said first.
  await page.getByRole("button", { name: "Stop charging" }).click();
  const stop = page.getByRole("dialog", { name: "Stop charging?" });
  await expect(stop).toContainText(/You have .*kWh for €/);
  await stop.getByRole("button", { name: "Stop charging" }).click();
  await expect(page.getByText("Unplug and hang the cable back.")).toBeVisible();
  await steered.station.do("unplug 1");

  // The receipt adds up.
  await page.getByRole("link", { name: "Show the receipt" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Receipt" })).toBeVisible();
  const total = page.getByRole("row", { name: /^Total with tax/ });
  await expect(total).toBeVisible();
  await expect(page.getByRole("row", { name: /^Energy .* kWh/ })).toBeVisible();
  const head = await page.locator(".tot strong").textContent();
  await expect(total).toContainText(head ?? "?");
  const amounts = async (name: RegExp) =>
    Number(((await page.getByRole("row", { name }).textContent()) ?? "").match(/€(\d+\.\d\d)$/)?.[1]);
  const net = await amounts(/^Net/);
  const tax = await amounts(/^VAT/);
  expect(net + tax).toBeCloseTo(await amounts(/^Total with tax/), 5);

  // And is in the history.
  await page.getByRole("link", { name: "History" }).click();
  await expect(
    page
      .getByRole("link", { name: /Werkstraße Nord/ })
      .filter({ hasText: head ?? "?" })
      .first(),
  ).toBeVisible();

  // Signing out leaves nothing of the driver behind.
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  watch.allow(/^401 GET \/api\/v1\/me\//); // the history is asked for before it is known who asks
  await page.goto("/app/sessions");
  await expect(page.getByText("Sign in to see your sessions and receipts.")).toBeVisible();
  await expect(page.getByText("Werkstraße Nord")).toHaveCount(0);
});

test("a driver signs in with the code of the mail", async ({ page, demo, watch }) => {
  const email = `code-${Date.now()}@drivers.example`;
  await page.goto("/app/sign-in");
  await page.getByLabel("Mail address").fill(email);
  await page.getByRole("button", { name: "Send me a code" }).click();
  const code = page.getByLabel("Code of the mail, six digits");

  // A wrong code is refused in words, and the right one still works.
  watch.allow(/^401 POST \/api\/v1\/auth\/driver\/enter$/);
  await code.fill("000000");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).toBeVisible();

  await code.fill(await mailedCode(demo, email));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.goto("/app/account");
  await expect(page.getByText(email)).toBeVisible();
});

test("a plug that does not exist says so, and what is no number too", async ({ page, watch }) => {
  watch.allow(/^404 GET \/api\/v1\/public\/evses\//);
  await page.goto("/app/e/000000");
  await expect(page.getByText("No plug has the number 000000.")).toBeVisible();
  await page.getByRole("button", { name: "Scan or type again" }).click();
  await page.getByLabel("Number on the post").fill("???");
  await page.getByRole("button", { name: "Open this plug" }).click();
  await expect(page.getByText("This is no number of a plug. It has six digits.")).toBeVisible();
});
