import { settled } from "./world/pages";
import { expect, test } from "./world/test";

test.describe("tariffs", () => {
  test.use({ as: "operator" });

  test("a tariff by time of use is made, its gap seen and mended, tried, saved and changed", async ({ page }) => {
    test.setTimeout(120_000);
    const id = `tou-${test.info().workerIndex}-${Date.now() % 100_000}`;
    await page.goto("/tariffs");
    await settled(page);
    await page.getByRole("link", { name: "Add tariff" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "New tariff" })).toBeVisible();

    // Begun with a template, the sentence stands beside it.
    await page.getByRole("radio", { name: "Day and night" }).check();
    const said = page.getByRole("region", { name: "What a driver pays" });
    const english = said.locator('[lang="en"]');
    await expect(english).toContainText("€0.59 per kWh from 6:00 to 22:00, €0.39 otherwise");
    await expect(said.locator('[lang="de"]')).toContainText("0,59 € pro kWh von 6:00 bis 22:00, sonst 0,39 €");
    await page.getByLabel("Id", { exact: true }).fill(id);

    // Without its second element energy is free at night: said, and in the linter's remark.
    await page.getByRole("button", { name: "Remove element 2" }).click();
    const remarks = page.getByRole("region", { name: "Remarks" });
    const gap = remarks.getByRole("listitem").filter({ hasText: "No price for energy from 22:00 to 6:00" });
    await expect(gap).toBeVisible();
    await expect(english).toContainText("free of charge otherwise");
    await gap.getByRole("button", { name: "Add a price for it" }).click();
    const night = page.getByRole("textbox", { name: "Price 2.1", exact: true });
    await expect(night).toBeFocused();
    await night.fill("0.35");
    await expect(gap).toHaveCount(0);
    await expect(english).toContainText("€0.35 from 22:00 to 6:00");

    // A mistyped price is remarked on, and the remark leads to its field.
    await night.fill("35");
    const high = remarks.getByRole("listitem").filter({ hasText: "far above what is usual" });
    await high.getByRole("button", { name: "Show", exact: true }).click();
    await expect(night).toBeFocused();
    await night.fill("0.35");
    await expect(remarks.getByText("Nothing to remark.")).toBeVisible();

    // 30 kWh at 30 kW from 21:30: half an hour by day, half by night.
    const trial = page.getByRole("region", { name: "Try a price" });
    await trial.getByLabel("Power", { exact: true }).fill("30");
    const day = (await trial.getByLabel("Begins").inputValue()).slice(0, 10);
    await trial.getByLabel("Begins").fill(`${day}T21:30`);
    await expect(trial.getByRole("table")).toContainText("€14.10");
    await expect(trial.getByRole("img", { name: /from €0.35 to €0.59/ })).toBeVisible();
    await trial.getByRole("button", { name: "Begin at the cheapest" }).click();
    await expect(trial.getByRole("table")).toContainText("€10.50");

    await page.getByRole("button", { name: "Check and save…" }).click();
    const save = page.getByRole("dialog", { name: "Add tariff" });
    await expect(save.getByRole("region", { name: "What drivers read" })).toContainText("€0.35 from 22:00 to 6:00");
    await save.getByRole("button", { name: "Cancel" }).click();
    await page.getByLabel("Id", { exact: true }).fill("erlental-hpc");
    await page.getByRole("button", { name: "Check and save…" }).click();
    await expect(save).toContainText("There is a tariff erlental-hpc already.");
    await expect(save.getByRole("button", { name: "Add tariff" })).toBeDisabled();
    await save.getByRole("button", { name: "Cancel" }).click();
    await page.getByLabel("Id", { exact: true }).fill(id);
    await page.getByRole("button", { name: "Check and save…" }).click();
    await save.getByLabel("Name", { exact: true }).fill("Day and night");
    await save.getByRole("button", { name: "Add tariff" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Day and night" })).toBeVisible();

    // Changed as JSON: what the form does not know stays, and the change is said to whoever saves it.
    await page.getByRole("link", { name: "Change…" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Change Day and night" })).toBeVisible();
    await page.getByRole("button", { name: "As JSON" }).click();
    const json = page.getByLabel("OCPI object");
    await json.fill("{");
    await expect(page.getByText("This is no valid JSON", { exact: false })).toBeVisible();
    await expect(page.getByRole("button", { name: "Check and save…" })).toBeDisabled();
    await json.fill(
      JSON.stringify({
        id,
        currency: "EUR",
        tax_included: "YES",
        x_ours: { kept: [1] },
        elements: [{ price_components: [{ type: "ENERGY", price: 0.45, vat: 19, step_size: 1 }] }],
      }),
    );
    await page.getByRole("button", { name: "As a form" }).click();
    await page.getByRole("textbox", { name: "Price 1.1", exact: true }).fill("0.44");
    await expect(english).toContainText("€0.44 per kWh");
    await page.getByRole("button", { name: "Check and save…" }).click();
    const change = page.getByRole("dialog", { name: `Change ${id}` });
    const drivers = change.getByRole("region", { name: "What drivers read" });
    await expect(drivers).toContainText("€0.35 from 22:00 to 6:00");
    await expect(drivers).toContainText("€0.44 per kWh");
    await change.getByRole("button", { name: "Publish the version" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Day and night", exact: true })).toBeVisible();
    await expect(page.getByRole("main").getByText("€0.44 per kWh").first()).toBeVisible();
    const kept = await page.request.get(`/api/v1/tariffs/${id}`);
    expect(((await kept.json()) as { x_ours: unknown }).x_ours).toEqual({ kept: [1] });
  });

  test("conditions of an element are set by the keyboard alone", async ({ page }) => {
    await page.goto("/new-tariff");
    await settled(page);
    const add = page.getByRole("button", { name: "Add a condition to element 1" });
    await add.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const group = page.getByRole("group", { name: "Days of the week" });
    await expect(group).toBeVisible();
    await group.getByRole("button", { name: "Mon" }).focus();
    await page.keyboard.press("Space");
    await expect(page.getByRole("region", { name: "What a driver pays" }).locator('[lang="en"]')).toContainText(
      "Tue–Fri",
    );
  });
});

test.describe("a viewer", () => {
  test.use({ as: "viewer" });
  test("does not edit tariffs", async ({ page }) => {
    await page.goto("/new-tariff");
    await expect(page.getByText("Your role may not do this.")).toBeVisible();
  });
});
