import type { Page } from "@playwright/test";
import { settled } from "./world/pages";
import { Raw } from "./world/raw";
import type { Server } from "./world/server";
import { expect, type Steered, test } from "./world/test";

interface Row {
  id: string;
  state: string;
  energy_wh: number;
  held: boolean;
  cost: { amount_minor: number } | null;
}

/** The newest session of a station. */
async function newest(demo: Server, station: string): Promise<Row | undefined> {
  const api = await demo.api("owner");
  const r = await api.get(`/api/v1/sessions?station=${station}&limit=1`);
  const { items } = (await r.json()) as { items: Row[] };
  await api.dispose();
  return items[0];
}

/** A guest pays by card, charges and leaves; what the receipt is called. */
async function visit(page: Page, demo: Server, steered: Steered): Promise<{ session: string; number: string }> {
  await page.goto(`/pay/${await steered.number(1)}`);
  await page.getByRole("button", { name: "Accept the price and pay" }).click();
  await expect(page).toHaveURL(/\/simpay\/pay\//);
  await page.getByRole("radio", { name: /^Card that pays/ }).check();
  await page.getByRole("button", { name: /^Reserve / }).click();
  await expect(page).toHaveURL(/\/pay\/v\//);
  await steered.station.do("plug 1 60000 20 120000");
  await expect
    .poll(async () => (await newest(demo, steered.id))?.energy_wh ?? 0, { timeout: 40_000 })
    .toBeGreaterThan(400);
  await steered.station.do("stop 1");
  await steered.station.do("unplug 1");
  await expect
    .poll(async () => (await newest(demo, steered.id))?.cost?.amount_minor ?? 0, { timeout: 40_000 })
    .toBeGreaterThan(0);
  const session = (await newest(demo, steered.id))?.id ?? "";
  const api = await demo.api("owner");
  const { number } = (await (await api.get(`/api/v1/documents/${session}`)).json()) as { number: string };
  await api.dispose();
  return { session, number };
}

test.describe("at the desk", () => {
  test.use({ as: "support" });

  test("a guest who calls is found by what they read out, and is given something back", async ({
    page,
    steered,
    demo,
    watch,
  }) => {
    test.setTimeout(150_000);
    const { session, number } = await visit(page, demo, steered);
    const results = page.getByRole("list", { name: "Sessions" });
    const ask = async (what: string) => {
      await page.goto("/support");
      await page.getByLabel("What can the caller read out?").fill(what);
      await page.getByRole("button", { name: "Find" }).click();
      await expect(results.locator(`a[href$="${session}"]`)).toBeVisible();
      return results.locator(`a[href$="${session}"]`);
    };
    await expect(await ask(await steered.number(1))).toContainText("at this charger");
    await expect(await ask("0001")).toContainText("paid by this card");
    const found = await ask(number);
    await expect(found).toContainText("of this receipt");

    // What happened, in order.
    await found.click();
    await settled(page);
    const trail = page.getByRole("list", { name: "What happened, in order" });
    for (const line of ["Session started", "Charging", `Receipt ${number} issued`, "Asked to pay", "Take:", "Paid"])
      await expect(trail.getByText(line).first()).toBeVisible();
    await expect(trail).toContainText("card ending in 0001");

    // A part goes back, with a reason, as it came.
    await page.getByRole("button", { name: "Give back…" }).click();
    const dialog = page.getByRole("dialog", { name: `Give back of ${number}` });
    await dialog.getByLabel("An amount").check();
    await dialog.getByLabel("Amount", { exact: true }).fill("0.10");
    await expect(dialog).toContainText("A credit note over €0.10 is issued.");
    await expect(dialog.getByRole("button", { name: "Give back €0.10" })).toBeDisabled();
    await dialog.getByLabel("Reason").fill("the display was dark");
    await dialog.getByRole("button", { name: "Give back €0.10" }).click();
    await expect(dialog).toHaveCount(0);
    await expect(trail).toContainText("“the display was dark”");
    await expect(trail).toContainText("by Susi Roth");

    // The credit note is among the documents, and says what it gives back.
    await page.goto("/documents?kind=credit_note");
    await settled(page);
    const row = page.getByRole("row").filter({ hasText: "-€0.10" }).first();
    await expect(row).toBeVisible();
    await row.click();
    const sheet = page.getByRole("article", { name: "Credit note" });
    await expect(sheet).toContainText(`Gives back a part of receipt ${number}`);
    await expect(sheet).toContainText("the display was dark");

    // It is on record who did it and why.
    const owner = await demo.api("owner");
    const audit = await (await owner.get("/api/v1/audit?action=creditDocument&limit=5")).text();
    expect(audit).toContain("the display was dark");
    expect(audit).toContain("Susi Roth");

    // Over the limit of the role: said before, and refused when it is tried all the same.
    const policy = await owner.get("/api/v1/billing/policy");
    const before = await policy.json();
    expect(
      (await owner.put("/api/v1/billing/policy", { data: { ...before, support_goodwill: 0 } })).status(),
    ).toBeLessThan(300);
    await page.goto(`/support/${session}`);
    await settled(page);
    await expect(page.getByText(/Your role may give back €0\.00 of this receipt/)).toBeVisible();
    await expect(page.getByText("For more, ask finance or an owner.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Give back…" })).toBeDisabled();
    const support = await demo.api("support");
    const no = await support.post(`/api/v1/documents/${session}/credits`, {
      data: { key: "over", amount_minor: 10, reason: "more" },
    });
    expect(no.status()).toBe(403);
    expect(await no.text()).toContain("your role may give back up to");
    expect((await owner.put("/api/v1/billing/policy", { data: before })).status()).toBeLessThan(300);
    await support.dispose();
    await owner.dispose();
    expect(watch.left()).toEqual([]);
  });

  test("a session is started for free and never billed", async ({ page, steered, demo }) => {
    test.setTimeout(120_000);
    await page.goto(`/support?q=${await steered.number(2)}`);
    await settled(page);
    await page.getByRole("button", { name: "Start for free…" }).click();
    const dialog = page.getByRole("dialog", { name: `Start for free at ${steered.id} EVSE 2` });
    await expect(dialog).toContainText("The next session here is not billed.");
    await dialog.getByLabel("Reason").fill("the card reader is broken");
    await dialog.getByRole("button", { name: "Start for free" }).click();
    await expect(page.getByRole("status").filter({ hasText: "The station answered" })).toBeVisible();
    await steered.station.do("plug 2 40000 30 22000");
    await expect
      .poll(async () => (await newest(demo, steered.id))?.energy_wh ?? 0, { timeout: 60_000 })
      .toBeGreaterThan(120);
    await steered.station.do("stop 2");
    await steered.station.do("unplug 2");
    await expect.poll(async () => (await newest(demo, steered.id))?.state, { timeout: 30_000 }).toBe("closed");
    const free = await newest(demo, steered.id);
    await page.goto(`/support/${free?.id}`);
    await settled(page);
    const trail = page.getByRole("list", { name: "What happened, in order" });
    await expect(trail).toContainText("Given away: started for free, never billed");
    await expect(trail).toContainText("“the card reader is broken” · by Susi Roth");
    await expect(page.getByText("There is no receipt: nothing was billed")).toBeVisible();
    expect(free?.cost).toBeNull();
  });
});

test.describe("in the review queue", () => {
  test.use({ as: "finance" });

  test("a session that is held is decided where it is listed", async ({ page, demo }) => {
    // The meter reads less at the end than at the beginning: nobody knows what was delivered.
    const id = `E2E-FALL-${Date.now()}`;
    const owner = await demo.api("owner");
    const announced = await owner.put(`/api/v1/stations/${id}`, {
      data: {
        password: "a falling meter",
        security_profile: 1,
        site_id: "site_works",
        name: id,
        evses: [{ evse_id: 1 }],
      },
    });
    expect(announced.status(), await announced.text()).toBeLessThan(300);
    await owner.dispose();
    const station = await Raw.connect(demo.port, id, "a falling meter");
    await station.call("BootNotification", { chargePointVendor: "E2E", chargePointModel: "Fall" });
    const begun = new Date(Date.now() - 600_000).toISOString();
    const [, , started] = (await station.call("StartTransaction", {
      connectorId: 1,
      idTag: "04A1B2C310",
      meterStart: 5_000,
      timestamp: begun,
    })) as [number, string, { transactionId: number }];
    await station.call("StopTransaction", {
      transactionId: started.transactionId,
      meterStop: 1_000,
      timestamp: new Date().toISOString(),
      reason: "Local",
    });
    station.close();
    await expect.poll(async () => (await newest(demo, id))?.held, { timeout: 30_000 }).toBe(true);

    await page.goto("/review");
    await settled(page);
    const held = page
      .getByRole("list", { name: "Sessions without a price" })
      .getByRole("listitem")
      .filter({ hasText: id });
    await expect(held).toBeVisible();
    await held.getByRole("button", { name: "Decide…" }).click();
    await held.getByLabel("Bill another amount of energy").check();
    await held.getByLabel("Energy to bill").fill("4");
    await held.getByLabel("Reason").fill("the old meter was replaced");
    await held.locator("button[type=submit]").click();
    await expect(held).toHaveCount(0);
    await expect
      .poll(async () => (await newest(demo, id))?.cost?.amount_minor ?? 0, { timeout: 30_000 })
      .toBeGreaterThan(0);
  });
});
