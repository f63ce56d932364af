import type { Page } from "@playwright/test";
import { expect } from "@playwright/test";
import type { Server } from "./server";

export interface Address {
  /** How its picture is called. */
  name: string;
  path: string;
}

type Ids = Record<"station" | "open" | "session" | "site" | "tariff" | "driver" | "job", string>;

/** What is read of a row of any list. */
interface Row {
  id?: string;
  station_id?: string;
  driver_id?: string | null;
  energy_wh?: number;
  cost?: { amount_minor: number } | null;
}

const stationTabs = [
  ...["sessions", "profiles", "config", "log", "connection", "firmware", "logs", "certificates", "conformance"],
  ...["label", "device"],
];

/** Things of a demonstration to look at, by its API; waits until a vehicle has charged a little. */
export async function things(server: Server): Promise<Ids> {
  const api = await server.api("owner");
  const list = async (path: string) => {
    const r = await api.get(`/api/v1${path}`);
    if (!r.ok()) throw new Error(`${path}: ${r.status()}`);
    return ((await r.json()) as { items: Row[] }).items;
  };
  const first = async (path: string) => (await list(path))[0] ?? {};
  let open: Row = {};
  await expect
    .poll(
      async () => {
        const all = await list("/sessions?open=true&limit=50");
        open = all.find((s) => Number(s.energy_wh) > 100) ?? {};
        return open.id ?? "";
      },
      { timeout: 60_000 },
    )
    .not.toBe("");
  const closed = await list("/sessions?state=closed&limit=50");
  const session = closed.find((s) => s.driver_id && Number(s.cost?.amount_minor) > 0) ?? closed[0] ?? {};
  const station = open.station_id ?? "";
  const job = await api.post("/api/v1/jobs", { data: { kind: "clear_cache", body: {}, stations: [station] } });
  if (!job.ok()) throw new Error(`no job: ${job.status()} ${await job.text()}`);
  const ids: Ids = {
    station,
    open: open.id ?? "",
    session: session.id ?? "",
    site: "site_market",
    tariff: (await first("/tariffs?limit=1")).id ?? "",
    driver: session.driver_id ?? (await first("/drivers?limit=1")).id ?? "",
    job: ((await job.json()) as { id: string }).id,
  };
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
    ...stationTabs.map((tab) => ({ name: `station-${tab}`, path: `/stations/${ids.station}?tab=${tab}` })),
    { name: "onboarding", path: "/onboarding" },
    { name: "sessions", path: "/sessions" },
    { name: "session", path: `/sessions/${ids.session}` },
    { name: "session-evidence", path: `/sessions/${ids.session}?tab=evidence` },
    { name: "session-receipt", path: `/sessions/${ids.session}?tab=receipt` },
    { name: "session-open", path: `/sessions/${ids.open}` },
    { name: "log", path: "/log" },
    { name: "support", path: "/support" },
    { name: "support-found", path: `/support?q=${ids.station}` },
    { name: "support-case", path: `/support/${ids.session}` },
    { name: "review", path: "/review" },
    { name: "documents", path: "/documents" },
    { name: "document", path: `/documents/${ids.session}` },
    { name: "sites", path: "/sites" },
    { name: "site", path: `/sites/${ids.site}` },
    { name: "terminals", path: "/terminals" },
    { name: "tariffs", path: "/tariffs" },
    { name: "tariff", path: `/tariffs/${ids.tariff}` },
    { name: "labels", path: `/labels?site=${ids.site}` },
    { name: "spot-prices", path: "/spot-prices" },
    { name: "taxes", path: "/taxes" },
    { name: "payments", path: "/payments" },
    { name: "claims", path: "/claims" },
    { name: "claim", path: `/claims?claim=${ids.session}` },
    { name: "blocks", path: "/blocks" },
    { name: "seller", path: "/seller" },
    { name: "disputes", path: "/disputes" },
    { name: "reconciliation", path: "/reconciliation" },
    { name: "money-rules", path: "/money-rules" },
    { name: "tariff-edit", path: `/tariffs/${ids.tariff}/edit` },
    { name: "tariff-new", path: "/new-tariff" },
    { name: "tariff-check", path: `/tariff-check?station=${ids.station}` },
    { name: "drivers", path: "/drivers" },
    { name: "driver", path: `/drivers/${ids.driver}` },
    { name: "tokens", path: "/tokens" },
    { name: "groups", path: "/groups" },
    { name: "jobs", path: "/jobs" },
    { name: "job", path: `/jobs/${ids.job}` },
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

/** Pages of a session of the driver's: as long as it goes, and once it is over. */
export const livePages = (session: string): Address[] => [{ name: "session", path: `/app/session/${session}` }];
export const pastPages = (session: string): Address[] => [{ name: "receipt", path: `/app/receipts/${session}` }];

/** Pages of the driver's app once signed in. */
export const ownPages: Address[] = [
  { name: "sessions", path: "/app/sessions" },
  { name: "favourites", path: "/app/favourites" },
  { name: "vehicles", path: "/app/vehicles" },
  { name: "tokens", path: "/app/tokens" },
  { name: "account", path: "/app/account" },
  { name: "wallet", path: "/app/wallet" },
  { name: "methods", path: "/app/methods" },
  { name: "payments", path: "/app/payments" },
  { name: "receipts", path: "/app/receipts" },
  { name: "report", path: "/app/report?site=site_works" },
];

/** Waits until a page shows what it has. */
export async function settled(page: Page) {
  await expect(page.locator("h1").first()).toBeAttached();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await expect(page.getByText("Loading", { exact: true })).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready.then(() => {}));
}
