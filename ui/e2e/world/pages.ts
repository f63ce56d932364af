import type { Page } from "@playwright/test";
import { expect } from "@playwright/test";
import type { Server } from "./server";

export interface Address {
  /** How its picture is called. */
  name: string;
  path: string;
}

interface Ids {
  [what: string]: string;
}

/** Things of a demonstration to look at, by its API. */
export async function things(server: Server): Promise<Ids> {
  const api = await server.api("owner");
  const first = async (path: string, key = "id") => {
    const r = await api.get(`/api/v1${path}`);
    if (!r.ok()) throw new Error(`${path}: ${r.status()}`);
    return ((await r.json()) as { items: Record<string, string>[] }).items[0]?.[key] ?? "";
  };
  const ids: Ids = {
    station: await first("/stations?protocol=2.0.1&limit=1"),
    open: await first("/sessions?open=true&limit=1"),
    session: await first("/sessions?state=closed&limit=1"),
    site: await first("/sites?q=Markt&limit=1"),
    tariff: await first("/tariffs?limit=1"),
    driver: await first("/drivers?limit=1"),
  };
  if (!ids.site) ids.site = "site_market";
  const job = await api.post("/api/v1/jobs", {
    data: { kind: "trigger", body: { message: "Heartbeat" }, stations: [ids.station] },
  });
  ids.job = job.ok() ? ((await job.json()) as { id: string }).id : "";
  await api.dispose();
  return ids;
}

/** Every page of the console that staff see. */
export function consolePages(ids: Ids): Address[] {
  return [
    { name: "overview", path: "/" },
    { name: "map", path: "/map" },
    { name: "stations", path: "/stations" },
    { name: "station", path: `/stations/${ids.station}` },
    { name: "onboarding", path: "/onboarding" },
    { name: "sessions", path: "/sessions" },
    { name: "session", path: `/sessions/${ids.session}` },
    { name: "session-open", path: `/sessions/${ids.open}` },
    { name: "log", path: "/log" },
    { name: "sites", path: "/sites" },
    { name: "site", path: `/sites/${ids.site}` },
    { name: "tariffs", path: "/tariffs" },
    { name: "tariff", path: `/tariffs/${ids.tariff}` },
    { name: "drivers", path: "/drivers" },
    { name: "driver", path: `/drivers/${ids.driver}` },
    { name: "tokens", path: "/tokens" },
    { name: "groups", path: "/groups" },
    { name: "jobs", path: "/jobs" },
    ...(ids.job ? [{ name: "job", path: `/jobs/${ids.job}` }] : []),
    { name: "reports", path: "/reports" },
    { name: "users", path: "/admin/users" },
    { name: "keys", path: "/admin/keys" },
    { name: "webhooks", path: "/admin/webhooks" },
    { name: "audit", path: "/admin/audit" },
    { name: "branding", path: "/admin/branding" },
    { name: "mail", path: "/admin/mail" },
    { name: "account", path: "/account" },
  ];
}

/** Pages of the console before signing in. */
export const gates: Address[] = [
  { name: "sign-in", path: "/sign-in" },
  { name: "reset", path: "/reset" },
  { name: "invitation", path: "/invitation#a-token" },
  { name: "setup", path: "/setup" },
];

/** Pages of the driver's app that need nobody. */
export function openPages(ids: Ids): Address[] {
  return [
    { name: "find", path: "/app/" },
    { name: "list", path: "/app/?view=list" },
    { name: "site", path: `/app/site/${ids.site}` },
    { name: "begin", path: "/app/start" },
    { name: "sign-in", path: "/app/sign-in" },
    { name: "privacy", path: "/app/privacy" },
    { name: "account-out", path: "/app/account" },
  ];
}

/** Pages of the driver's app once signed in. */
export const ownPages: Address[] = [
  { name: "sessions", path: "/app/sessions" },
  { name: "favourites", path: "/app/favourites" },
  { name: "vehicles", path: "/app/vehicles" },
  { name: "tokens", path: "/app/tokens" },
  { name: "account", path: "/app/account" },
  { name: "report", path: "/app/report?site=site_works" },
];

/** Waits until a page shows what it has. */
export async function settled(page: Page) {
  await expect(page.locator("h1").first()).toBeAttached();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await expect(page.getByText("Loading", { exact: true })).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready.then(() => {}));
}
