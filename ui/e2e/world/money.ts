import { expect } from "@playwright/test";
import type { Driver } from "./driver";

/** What a page of the simulated provider offers to pay with. */
export type Card = "good" | "declined_later" | "no_funds";

interface Paying {
  id: string;
  status: string;
  url: string | null;
}

/** Chooses a card on the page of the simulated provider, as its form sends it. */
async function choose(who: Driver, p: Paying, card: Card) {
  const url = new URL(p.url ?? "");
  const r = await who.api.post(url.pathname, { form: { act: "pay", card }, maxRedirects: 0 });
  expect(r.status(), await r.text()).toBe(303);
  const status = async () => ((await (await who.api.get(`/api/v1/me/payments/${p.id}`)).json()) as Paying).status;
  await expect.poll(status).toMatch(/^(taken|released|refused)$/);
}

/** Has a driver save a card; it becomes the default. */
export async function saveCard(who: Driver, card: Card) {
  const r = await who.api.post("/api/v1/me/methods");
  expect(r.status(), await r.text()).toBe(201);
  await choose(who, (await r.json()) as Paying, card);
}

/** Has a driver pay into the wallet on the provider's page. */
export async function topUp(who: Driver, minor: number, card: Card = "good") {
  const r = await who.api.post("/api/v1/me/wallet/top-ups", {
    data: { key: `e2e-${Date.now()}`, amount_minor: minor },
  });
  expect(r.status(), await r.text()).toBe(201);
  await choose(who, (await r.json()) as Paying, card);
}
