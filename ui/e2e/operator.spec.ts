import { settled } from "./world/pages";
import { Station } from "./world/station";
import { expect, test } from "./world/test";

test.describe("operator", () => {
  test.use({ as: "operator" });

  test("an operator repairs a station by its page", async ({ page, steered }) => {
    test.setTimeout(120_000);
    await page.goto(`/stations/${steered.id}`);
    await settled(page);
    await expect(page.getByRole("heading", { level: 1, name: new RegExp(steered.id) })).toBeVisible();
    await expect(page.getByText("Available").first()).toBeVisible();

    await steered.station.do("fault 1 GroundFailure");
    const main = page.getByRole("main");
    await expect(main.getByText("Faulted").first()).toBeVisible();
    await expect(main.getByText("What to do").first()).toBeVisible();

    // Reset: the consequence first, then what the station answered, then that it happened.
    await main.getByRole("button", { name: /^Reset EVSE 1/ }).click();
    const dialog = page.getByRole("dialog", { name: /^Reset, / });
    await expect(dialog).toContainText("No session is running there.");
    const evse = dialog.getByLabel("EVSE", { exact: true });
    if (await evse.count()) await evse.selectOption("0");
    await dialog.getByRole("button", { name: "Reset", exact: true }).click();
    await expect(dialog.getByRole("status")).toContainText(/Accepted|Scheduled/);
    await dialog.getByRole("button", { name: "Close" }).last().click();
    const trail = page
      .getByRole("region", { name: "Commands" })
      .getByRole("listitem")
      .filter({ hasText: "Reset" })
      .first();
    await expect(trail.getByText("Sent")).toBeVisible();
    await expect(trail.getByText("Effect seen")).toBeVisible({ timeout: 45_000 });

    await steered.station.do("heal 1");
    await expect(main.getByText("Faulted")).toHaveCount(0);
    await expect(main.getByText("Available").first()).toBeVisible();
  });

  test("a session is started and stopped from the station's page, and the price is said before", async ({
    page,
    steered,
    demo,
  }) => {
    await steered.station.do("plug 2 40000 30 11000");
    await page.goto(`/stations/${steered.id}`);
    await settled(page);
    await page.getByRole("main").getByRole("button", { name: "Start", exact: true }).first().click();
    const start = page.getByRole("dialog", { name: /^Start a session, / });
    await start.getByLabel("EVSE", { exact: true }).selectOption("2");
    await start.getByLabel("Token", { exact: true }).fill("04A1B2C310");
    await start.getByRole("button", { name: "Start a session" }).click();
    await expect(start.getByRole("status")).toContainText("Accepted");
    await start.getByRole("button", { name: "Close" }).last().click();
    await expect(page.getByRole("main").getByText("Charging").first()).toBeVisible({ timeout: 30_000 });

    await page.getByRole("button", { name: "Stop the session on EVSE 2" }).click();
    const stop = page.getByRole("dialog", { name: "Stop the session on EVSE 2" });
    await expect(stop).toContainText(/Stops 1 session\. The driver pays for .*Wh/);
    await stop.getByRole("button", { name: "Stop session", exact: true }).click();
    await expect(stop).toHaveCount(0);
    const api = await demo.api("operator");
    await expect
      .poll(async () => {
        const r = await api.get(`/api/v1/sessions?station=${steered.id}&limit=1`);
        return ((await r.json()) as { items: { state: string }[] }).items[0]?.state;
      })
      .toMatch(/closed|ended|settled|completed/);
    await api.dispose();
  });

  test("a session is stopped from its own page, which shows what became of the command", async ({
    page,
    steered,
    demo,
  }) => {
    const api = await demo.api("operator");
    await steered.station.do("plug 1 40000 30 11000");
    const started = await api.post(`/api/v1/stations/${steered.id}/commands/remote_start`, {
      data: { evse: 1, token: { uid: "04A1B2C310" } },
    });
    expect(started.ok(), await started.text()).toBe(true);
    const session = async () =>
      (
        (await (await api.get(`/api/v1/sessions?station=${steered.id}&state=charging&limit=1`)).json()) as {
          items: { id: string }[];
        }
      ).items[0]?.id ?? "";
    await expect.poll(session, { timeout: 30_000 }).not.toBe("");
    await page.goto(`/sessions/${await session()}`);
    await settled(page);
    await page.getByRole("main").getByRole("button", { name: /^Stop/ }).click();
    const dialog = page.getByRole("dialog", { name: `Stop the session at ${steered.id} EVSE 1` });
    await expect(dialog).toContainText(/The driver pays for/);
    await dialog.getByRole("button", { name: "Stop the session", exact: true }).click();
    await expect(dialog).toContainText("Accepted");
    await expect(dialog).toContainText("Session ended", { timeout: 30_000 });
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await expect(dialog).toHaveCount(0);
    await api.dispose();
  });

  test("an unknown station is refused, accepted, and connects with the password it was given", async ({
    page,
    demo,
  }) => {
    test.setTimeout(120_000);
    const id = `NEW-${test.info().workerIndex}-${Date.now() % 100_000}`;
    const stranger = Station.run(demo.stations, id, "a password nobody gave");
    try {
      await page.goto("/onboarding");
      await settled(page);
      const row = page.getByRole("listitem").filter({ hasText: id });
      await expect(row).toContainText("This identity is not known here.", { timeout: 30_000 });
      await stranger.stop(); // or it is refused once more, for its password
      await row.getByRole("button", { name: /^Accept/ }).click();
      await page.getByLabel("Site", { exact: true }).selectOption({ label: "Werkstraße Nord" });
      await page.getByRole("main").getByRole("button", { name: "Accept", exact: true }).click();
      await expect(page.getByText("The password is shown once.", { exact: false })).toBeVisible();
      const secret =
        (await page
          .locator("code")
          .filter({ hasText: /\S{12,}/ })
          .first()
          .textContent()) ?? "";

      const known = Station.run(demo.stations, id, secret);
      try {
        await expect(page.getByText("Connected by OCPP 2.0.1", { exact: false })).toBeVisible({ timeout: 30_000 });
        await expect(page.getByText(/^Boot notification accepted/)).toBeVisible();
        await page.goto(`/stations/${id}`);
        await settled(page);
        await expect(page.getByRole("heading", { level: 1, name: new RegExp(id) })).toBeVisible();
        await page.goto("/onboarding");
        await settled(page);
        await expect(page.getByRole("listitem").filter({ hasText: id })).toHaveCount(0);
      } finally {
        await known.stop();
      }
    } finally {
      await stranger.stop();
    }
  });
});
