import { Server } from "./world/server";
import { expect, figure, test } from "./world/test";

/** From the address that the server prints to a vehicle that charges, in less than a minute. */
test("a newcomer sees a station charge within a minute", async ({ page }) => {
  const server = await Server.empty();
  try {
    const address = /set up\s+(\S+)/.exec(server.said)?.[1] ?? "";
    expect(new URL(address).hash.length).toBeGreaterThan(20);
    const began = Date.now();
    await page.goto(address);
    await page.getByLabel("Company or network name").fill("Stadtwerke Neuau");
    await page.getByLabel("Country").selectOption("AT");
    await expect(page.getByLabel("Currency")).toHaveValue("EUR");
    await page.getByLabel("Your name").fill("Nora Neu");
    await page.getByLabel("E-mail").fill("nora@neuau.example");
    await page.getByLabel("New password").fill("a long enough sentence");
    await page.getByRole("button", { name: "Create the network" }).click();
    await page.getByRole("button", { name: "Start a simulated station" }).click();
    await expect(page.getByText(/^Charging, .+ so far/)).toBeVisible({ timeout: 50_000 });
    const took = (Date.now() - began) / 1000;
    figure(`from the printed address to the first energy: ${took.toFixed(1)} s`);
    expect(took).toBeLessThan(60);

    await page.getByRole("link", { name: /^Open / }).click();
    await expect(page).toHaveURL(/\/stations\//);
    await page.goto(`${server.url}/`);
    await expect(page.getByRole("main")).toBeVisible();
    await expect(page.getByRole("button", { name: "Account" })).toContainText("Nora Neu");

    // The address is good once.
    const again = await page.request.post(`${server.url}/api/v1/auth/setup`, {
      data: {
        token: new URL(address).hash.slice(1),
        ...{ company: "X", country: "DE", currency: "EUR", time_zone: "Europe/Berlin" },
        ...{ name: "X", email: "x@x.example", password: "a long enough sentence" },
      },
    });
    expect([401, 409]).toContain(again.status());
  } finally {
    await server.stop();
  }
});
