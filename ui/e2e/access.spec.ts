import { consolePages, settled, things } from "./world/pages";
import { join } from "./world/people";
import { apiOf, type Role, roles, stateOf } from "./world/server";
import { expect, test } from "./world/test";

/** Sections of the navigation that a role sees beside those that everybody on staff sees. */
const people = [
  "Support desk",
  "Review",
  "Documents",
  "Drivers",
  "Tokens",
  "Token groups",
  "Blocks",
  "Driver reports",
  "Payments",
  "Reconciliation",
];
const admin = ["Users", "API keys", "Webhooks", "Audit", "Branding", "Mail"];
const sees: Record<Role, string[]> = {
  owner: [...people, ...admin],
  operator: people,
  finance: people,
  technician: [],
  support: people,
  viewer: people,
  host: [],
};

/** What each role may not do, and what it may: method, path, body. */
const deeds: Record<string, { method: "post" | "put" | "delete"; path: string; data?: unknown; may: Role[] }> = {
  "invite somebody": { method: "post", path: "/users", data: {}, may: ["owner"] },
  "make a key": { method: "post", path: "/keys", data: {}, may: ["owner"] },
  "make a webhook": { method: "post", path: "/webhooks", data: {}, may: ["owner"] },
  "set the brand": { method: "put", path: "/branding", data: {}, may: ["owner"] },
  "set the rules about money": {
    method: "put",
    path: "/billing/policy",
    data: {},
    may: ["owner", "operator", "finance"],
  },
  "write a claim off": { method: "post", path: "/claims/x/write-off", data: {}, may: ["owner", "operator", "finance"] },
  "change a tariff": { method: "put", path: "/tariffs/x", data: {}, may: ["owner", "operator", "finance"] },
  "add a driver": { method: "post", path: "/drivers", data: {}, may: ["owner", "operator", "support"] },
  "help at a station": {
    method: "post",
    path: "/support/stations/x/deeds",
    data: {},
    may: ["owner", "operator", "support"],
  },
  "start a job": { method: "post", path: "/jobs", data: {}, may: ["owner", "operator", "technician"] },
};

for (const role of roles) {
  test.describe(role, () => {
    test.use({ as: role });
    test(`a ${role} sees what the role opens, and nothing else`, async ({ page, demo }) => {
      await page.goto("/");
      await settled(page);
      const nav = page.getByRole("navigation", { name: "Sections" });
      for (const name of [...people, ...admin]) {
        await expect(
          nav.getByRole("link", { name, exact: false }).filter({ hasText: new RegExp(`^${name}`) }),
        ).toHaveCount(sees[role].includes(name) ? 1 : 0);
      }
      // Hiding is a courtesy; refusing is the rule. An empty body tells one from the other: refused before it is read.
      const api = await demo.api(role);
      for (const [name, d] of Object.entries(deeds)) {
        const r = await api[d.method](`/api/v1${d.path}`, { data: d.data });
        if (d.may.includes(role)) expect(r.status(), `${role} may ${name}`).not.toBe(403);
        else expect(r.status(), `${role} may not ${name}`).toBe(403);
      }
      await api.dispose();
    });
  });
}

test.describe("viewer", () => {
  test.use({ as: "viewer" });
  test("a page that the role does not open says so, and nothing on the others can be changed", async ({
    page,
    demo,
    watch,
  }) => {
    test.setTimeout(120_000);
    watch.allow(/^403 GET \/api\/v1\/(users|keys|webhooks|webhook-events|audit|mails)/);
    for (const path of ["/admin/users", "/admin/keys", "/admin/audit"]) {
      await page.goto(path);
      await expect(page.getByText("Your role may not do this.").first()).toBeVisible();
    }
    watch.allow(/^403 GET \/api\/v1\/jobs/);
    const deed =
      /^(Add|Give|Correct|Decide|Write|Create|Invite|Delete|Remove|Block|Reset|Start|Stop|Save|Accept|Unlock|Announce|Lift|Ask|Received|Hand in)\b/;
    for (const { path } of consolePages(await things(demo)).filter((p) => !/^\/(admin|account|jobs)/.test(p.path))) {
      await page.goto(path);
      await settled(page);
      await expect(page.getByRole("main").getByRole("button", { name: deed, disabled: false }), path).toHaveCount(0);
    }
  });
});

test("a site host sees their own sites only, on pages and by the API", async ({ page, demo, context, watch }) => {
  const owner = await demo.api("owner");
  const list = async (api: typeof owner, path: string) =>
    ((await (await api.get(`/api/v1${path}`)).json()) as { items: Record<string, string>[] }).items;
  const all = await list(owner, "/stations?limit=100");
  const mine = all.filter((s) => s.site_id === "site_harbour");
  const foreign = all.find((s) => s.site_id === "site_market");
  expect(mine.length).toBeGreaterThan(1);
  const who = await join(demo, "host", ["site_harbour"]);
  const cookie = await who.cookie();
  const host = await apiOf(demo.url, cookie);

  expect((await list(host, "/stations?limit=100")).map((s) => s.id).sort()).toEqual(mine.map((s) => s.id).sort());
  expect((await list(host, "/sites")).map((s) => s.id)).toEqual(["site_harbour"]);
  for (const s of await list(host, "/sessions?limit=200")) expect(s.site_id).toBe("site_harbour");
  for (const path of [`/stations/${foreign?.id}`, `/stations/${foreign?.id}/live`, "/sites/site_market"]) {
    expect((await host.get(`/api/v1${path}`)).status(), path).toBe(404);
  }
  const elsewhere = (await list(owner, "/sessions?limit=200")).find((s) => s.site_id === "site_market");
  expect((await host.get(`/api/v1/sessions/${elsewhere?.id}`)).status()).toBe(404);
  for (const path of ["/drivers", "/tokens", "/documents", "/users", "/audit", "/exports/drivers.csv"]) {
    expect((await host.get(`/api/v1${path}`)).status(), path).toBe(403);
  }
  const csv = await (await host.get("/api/v1/exports/stations.csv")).text();
  expect(csv).toContain(mine[0]?.id);
  expect(csv).not.toContain(foreign?.id);

  await context.addCookies(stateOf(cookie).cookies);
  watch.allow(/^404 GET \/api\/v1\/(stations|sites)\//);
  await page.goto("/stations");
  await settled(page);
  const grid = page.getByRole("grid");
  await expect(grid.getByText(mine[0]?.id ?? "?", { exact: true }).first()).toBeVisible();
  await expect(grid.locator("[data-index]")).toHaveCount(mine.length);
  await expect(page.getByText(foreign?.id ?? "?", { exact: true })).toHaveCount(0);
  await page.goto("/");
  await settled(page);
  await expect(page.getByRole("main").getByText("Hafen Parkdeck").first()).toBeVisible();
  await expect(page.getByText("Einkaufspark Mühlau")).toHaveCount(0);
  await page.goto(`/stations/${foreign?.id}`);
  await expect(page.getByRole("alert")).toBeVisible();
  await host.dispose();
  await owner.dispose();
});
