import { charged, charging, driverOf } from "./world/driver";
import { saveCard, topUp } from "./world/money";
import { settled } from "./world/pages";
import { expect, test } from "./world/test";

test.describe("money", () => {
  test.use({ as: "finance" });

  test("a card is declined at capture, dunned and asked again; a bank transfer pays, and the books agree", async ({
    page,
    demo,
    steered,
  }) => {
    test.setTimeout(180_000);
    const who = await driverOf(demo);
    await saveCard(who, "declined_later");
    const session = await charging(who, steered);
    await charged(who, steered, session);
    const claim = async () =>
      (await (await who.api.get("/api/v1/me/claims")).json()) as {
        items: { id: string; session_id: string; state: string }[];
      };
    await expect.poll(async () => (await claim()).items[0]?.state).toBe("dunning");
    const id = (await claim()).items[0]?.id ?? "";

    // The list says what is wrong and when it is asked again.
    await page.goto("/claims?state=dunning");
    await settled(page);
    const row = page.getByRole("row", { name: /there is not enough money on the account/ }).first();
    await expect(row).toContainText("Dunning");
    await page.goto(`/claims?claim=${id}`);
    await settled(page);
    const panel = page.getByRole("complementary");
    await expect(panel).toContainText("The bank said no: there is not enough money on the account.");
    const calendar = panel.getByRole("list", { name: "Asked of the saved method" }).getByRole("listitem");
    await expect(calendar).toHaveCount(5);
    await expect(calendar.first()).toContainText("Time 1: not paid");
    await expect(calendar.nth(1)).toContainText("Time 2: next");

    // Asked again, the bank says no again.
    await panel.getByRole("button", { name: "Ask again…" }).click();
    const ask = page.getByRole("dialog", { name: "Charge the saved method now" });
    await expect(ask).toContainText("is charged to the method that the driver saved");
    await ask.getByRole("button", { name: /^Charge €/ }).click();
    await expect(ask).toHaveCount(0);
    await expect(calendar.nth(1)).toContainText("Time 2: not paid");
    await expect(calendar.nth(2)).toContainText("Time 3: next");

    // Its payment shows the step that was refused, in words and as the provider said it.
    await panel.getByRole("link", { name: "Payment" }).click();
    await settled(page);
    await expect(page.getByRole("main")).toContainText("The bank said no: there is not enough money on the account.");
    const steps = page.getByRole("list", { name: "Steps at the provider" }).getByRole("listitem");
    await expect(steps.first()).toContainText(/Ask for €\d.*: the bank said no/);
    await page.getByRole("button", { name: "Ask simpay now" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Asked." })).toBeVisible();
    await expect(page.locator(`a[href="/sessions/${session}"]`).first()).toBeVisible();
    await page.getByRole("definition").getByRole("link", { name: /^€/ }).click();

    // A transfer is booked once by its reference: a part, then the rest.
    await settled(page);
    const owed = Number(
      (
        await panel
          .getByText(/^€\d+\.\d\d$/)
          .first()
          .textContent()
      )?.slice(1),
    );
    expect(owed).toBeGreaterThan(0.01);
    const receive = async (amount: string, reference: string) => {
      await panel.getByRole("button", { name: "Received by bank…" }).click();
      const d = page.getByRole("dialog", { name: "Received by bank transfer" });
      await d.getByLabel("Amount").fill(amount);
      await d.getByLabel("Reference").fill(reference);
      return d;
    };
    const book = async (amount: string, reference: string) => {
      const d = await receive(amount, reference);
      await d.getByRole("button", { name: "Book it" }).click();
      await expect(d).toHaveCount(0);
    };
    const most = await receive(String(owed + 1), "too much");
    await expect(most.getByRole("button", { name: "Book it" })).toBeDisabled();
    await most.getByRole("button", { name: "Cancel" }).click();
    await book("0.01", "NTRF 1");
    await expect(panel).toContainText(/€0\.01 of €.* paid/);
    await book((owed - 0.01).toFixed(2), "NTRF 2");
    await expect(panel.getByText("Paid", { exact: true })).toBeVisible();
    await expect(panel.getByRole("button", { name: /Ask again|Received|Write off/ })).toHaveCount(0);
    expect((await claim()).items[0]?.state).toBe("paid");

    // What a driver paid in stands in the books and is not reported yet; nothing is off.
    await topUp(await driverOf(demo), 2500);
    await page.goto("/payments?last4=0001");
    await settled(page);
    await expect(page.getByRole("row", { name: /Taken.*€25\.00.*Wallet top-up/ })).toBeVisible();
    await page.goto("/reconciliation");
    await settled(page);
    const balance = page.getByRole("table").getByRole("row", { name: /^simpay EUR/ });
    await expect(balance.getByRole("cell").last()).toHaveText("€0.00");
    await expect(page.getByRole("alert")).toHaveCount(0);
    await expect(
      page
        .getByRole("grid")
        .getByRole("row", { name: /Not reported yet.*€\d/ })
        .first(),
    ).toBeVisible();
  });

  test("a claim without a card is written off with a reason", async ({ page, demo, steered }) => {
    test.setTimeout(120_000);
    const who = await driverOf(demo);
    await charged(who, steered, await charging(who, steered));
    const claims = async () =>
      ((await (await who.api.get("/api/v1/me/claims")).json()) as { items: { id: string; state: string }[] }).items;
    await expect.poll(async () => (await claims())[0]?.state).toBe("open");
    await page.goto(`/claims?claim=${(await claims())[0]?.id}`);
    await settled(page);
    const panel = page.getByRole("complementary");
    await expect(panel).toContainText("No payment method is saved.");
    await panel.getByRole("button", { name: "Write off…" }).click();
    const d = page.getByRole("dialog", { name: "Write off what is left" });
    await expect(d.getByRole("button", { name: /^Write off €/ })).toBeDisabled();
    await d.getByLabel("Reason").fill("the charger failed half way");
    await d.getByRole("button", { name: /^Write off €/ }).click();
    await expect(panel.getByText("Written off", { exact: true })).toBeVisible();
    await expect(panel).toContainText("the charger failed half way");
  });

  test("the rules about money are saved, and nothing over what somebody else saved meanwhile", async ({
    page,
    demo,
    watch,
  }) => {
    watch.allow(/^412 PUT \/api\/v1\/billing\/policy/);
    await page.goto("/money-rules");
    await settled(page);
    await page.getByLabel("Hold on a guest's card").fill("42,50");
    await page.getByLabel("Support", { exact: true }).fill("15");
    await page.getByRole("button", { name: "Save the rules" }).click();
    await expect(page.getByText("Saved.")).toBeVisible();
    const api = await demo.api("owner");
    const read = async () => (await (await api.get("/api/v1/billing/policy")).json()) as Record<string, number>;
    expect(await read()).toMatchObject({ hold_minor: 4250, support_goodwill: 15 });
    await api.put("/api/v1/billing/policy", { data: { ...(await read()), $schema: undefined, hold_minor: 0 } });
    expect((await read()).hold_minor).toBe(0);
    await page.getByLabel("Support", { exact: true }).fill("25");
    await page.getByRole("button", { name: "Save the rules" }).click();
    await expect(page.getByText(/Somebody else changed this/)).toBeVisible();
    expect((await read()).support_goodwill).toBe(15);
    await page.getByRole("button", { name: "Show what holds now" }).click();
    await expect(page.getByLabel("Hold on a guest's card")).toHaveValue("");
    await expect(page.getByLabel("Support", { exact: true })).toHaveValue("15");
    await api.dispose();
  });

  test("the limits of the brakes are set, and the standard put back", async ({ page, demo }) => {
    await page.goto("/money-rules");
    await settled(page);
    const form = page.getByRole("form", { name: "Limits" });
    await form.getByLabel("Speed between two stations").fill("180");
    await form.getByRole("button", { name: "Save the limits" }).click();
    await expect(form.getByText("Saved.")).toBeVisible();
    const api = await demo.api("owner");
    const read = async () => (await (await api.get("/api/v1/brake-limits")).json()) as Record<string, number>;
    const was = { ...(await read()), $schema: undefined };
    expect(was).toMatchObject({ travel_kmh: 180 });
    await form.getByRole("button", { name: "Put the standard in" }).click();
    await expect(form.getByLabel("Speed between two stations")).toHaveValue("250");
    await form.getByRole("button", { name: "Save the limits" }).click();
    await expect(form.getByText("Saved.")).toBeVisible();
    expect(await read()).toMatchObject({ travel_kmh: 250, token_starts: 30 });
    // The demonstration's own: its guests all come from one address.
    await api.put("/api/v1/brake-limits", { data: { ...was, travel_kmh: 0 } });
    await api.dispose();
  });
});
