import { settled } from "./world/pages";
import { expect, test } from "./world/test";

test.describe("offers", () => {
  test.use({ as: "operator" });

  test("a tariff is offered to a group at an EVSE, wins there with its reasons, and is taken away", async ({
    page,
    steered,
    demo,
    watch,
  }) => {
    const group = `fleet of ${steered.id}`;
    const api = await demo.api("operator");
    const token = await api.put(`/api/v1/tokens/F1EE7-${steered.id}`, { data: { type: "ISO14443", group_id: group } });
    expect(token.ok(), await token.text()).toBe(true);
    await api.dispose();

    await page.goto("/tariffs/erlental-hpc");
    await settled(page);
    await page.getByRole("button", { name: "Offer it…" }).click();
    const dialog = page.getByRole("dialog", { name: "Offer erlental-hpc" });
    await dialog.getByLabel("An EVSE", { exact: true }).check();
    await dialog.getByLabel("Id of the station").fill(steered.id);
    await dialog.getByLabel("EVSE", { exact: true }).selectOption("1");
    await dialog.getByLabel("A group of tokens").check();
    await dialog.getByLabel("Group", { exact: true }).fill(group);
    await expect(dialog.getByText("1 token", { exact: true })).toBeVisible();
    watch.allow(/^422 POST .*\/tariff-assignments$/);
    await dialog.getByLabel("Until").fill("2020-01-01T00:00");
    await dialog.getByRole("button", { name: "Offer it" }).click();
    await expect(dialog.getByLabel("Until")).toHaveAttribute("aria-invalid", "true");
    await dialog.getByLabel("Until").fill("");
    await dialog.getByRole("button", { name: "Offer it" }).click();
    await expect(dialog).toHaveCount(0);
    const offer = page
      .getByRole("list", { name: "Where it is offered" })
      .getByRole("listitem")
      .filter({ hasText: group });
    await expect(offer).toContainText(`${steered.id}, EVSE 1`);
    await expect(offer).toContainText("in force");

    // Who is in the group has it; the network's, which is for all, would be next.
    await page.goto("/tariff-check");
    await settled(page);
    await page.getByLabel("Id of the station").fill(steered.id);
    await page.getByLabel("EVSE", { exact: true }).selectOption("1");
    await page.getByLabel("Who charges").selectOption("group");
    await page.getByLabel("Group", { exact: true }).fill(group);
    const all = page.getByRole("list", { name: "Every offer" }).getByRole("listitem");
    await expect(all.first()).toContainText("erlental-hpc");
    await expect(all.first()).toContainText("Holds: it is for a smaller audience than the next.");
    await expect(all.nth(1)).toContainText("erlental-ac");
    await expect(all.nth(1)).toContainText("Another is for a smaller audience");
    await expect(page.getByText("€0.45 per kWh from 20:00 to 6:00, €0.59 otherwise")).toBeVisible();

    // The address has the question: who opens it sees the same answer.
    await page.reload();
    await settled(page);
    await expect(all.first()).toContainText("Holds: it is for a smaller audience than the next.");

    // A guest does not.
    await page.getByLabel("Who charges").selectOption("guests");
    await expect(all.first()).toContainText("erlental-ac");
    await expect(all.first()).toContainText("Holds: it is the only one that counts.");
    await expect(all.filter({ hasText: "erlental-hpc" })).toContainText(`Only for the group ${group}`);

    await page.goto("/tariffs/erlental-hpc");
    await settled(page);
    await offer.getByRole("button", { name: "Take away" }).click();
    const sure = page.getByRole("dialog", { name: "Take erlental-hpc away" });
    await expect(sure).toContainText("Sessions under way keep theirs.");
    await sure.getByRole("button", { name: "Take away" }).click();
    await expect(offer).toHaveCount(0);
    await page.goto(`/tariff-check?station=${steered.id}&evse=1&audience=group&group=${encodeURIComponent(group)}`);
    await settled(page);
    await expect(all.first()).toContainText("erlental-ac");
    await expect(all.filter({ hasText: "erlental-hpc" })).toContainText("Had been taken away by then");
  });
});
