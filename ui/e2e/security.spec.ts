import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { driverOf } from "./world/driver";
import { consolePages, openPages, settled, things } from "./world/pages";
import { Raw } from "./world/raw";
import { password, Server, signIn, stateOf } from "./world/server";
import { expect, test } from "./world/test";

test("a page may run nothing but its own files", async ({ page, watch }) => {
  for (const path of ["/", "/app/", "/sign-in"]) {
    const r = await page.request.get(path, { headers: { Accept: "text/html" } });
    const policy = Object.fromEntries(
      (r.headers()["content-security-policy"] ?? "").split(";").map((d) => {
        const [name = "", ...values] = d.trim().split(" ");
        return [name, values];
      }),
    );
    expect(policy["default-src"], path).toEqual(["'none'"]);
    expect(policy["script-src"], path).toEqual(["'self'", "'wasm-unsafe-eval'"]);
    expect(policy["style-src"], path).toEqual(["'self'"]);
    expect(policy["frame-ancestors"], path).toEqual(["'none'"]);
    expect(policy["base-uri"], path).toEqual(["'none'"]);
    expect(policy["form-action"], path).toEqual(["'self'"]);
    expect(r.headers()["x-content-type-options"]).toBe("nosniff");
  }
  await page.goto("/sign-in");
  watch.allow(/Content Security Policy/);
  const blocked = await page.evaluate(
    () =>
      new Promise<string>((done) => {
        addEventListener("securitypolicyviolation", (e) => done(e.effectiveDirective), { once: true });
        const s = document.createElement("script");
        s.textContent = "window.owned = true";
        document.body.append(s);
      }),
  );
  expect(blocked).toBe("script-src-elem");
  expect(await page.evaluate(() => "owned" in window)).toBe(false);
});

test.describe("signed in", () => {
  test.use({ as: "owner" });

  test("another site can neither act nor frame", async ({ page, demo, watch }) => {
    const evil = createServer((_, w) => {
      w.setHeader("Content-Type", "text/html");
      w.end(`<!doctype html><title>elsewhere</title><form method="post" action="${demo.url}/api/v1/auth/sign-out"><button>Win</button></form>
        <iframe src="${demo.url}/" title="victim"></iframe>`);
    });
    await new Promise<void>((done) => evil.listen(0, "127.0.0.1", done));
    try {
      watch.allow(/^403 POST \/api\/v1\/auth\/sign-out$/, /frame-ancestors|X-Frame-Options|chrome-error|favicon/);
      await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
      const [answer] = await Promise.all([
        page.waitForResponse(/auth\/sign-out/),
        page.getByRole("button", { name: "Win" }).click(),
      ]);
      expect(answer.status()).toBe(403);
      await page.goto("/account");
      await expect(page.getByRole("banner").getByRole("button", { name: "Account" })).toBeVisible();
    } finally {
      evil.close();
    }
    // And so for what a page elsewhere could send by script.
    for (const headers of [
      { Origin: "https://evil.example" },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
    ] as Record<string, string>[]) {
      const r = await page.request.post(`${demo.url}/api/v1/auth/sign-out`, { headers });
      expect(r.status(), JSON.stringify(headers)).toBe(403);
    }
  });
});

/** Markup as a station, a driver or a colleague might send it. */
const evil = (where: string) => `x-${where}<img src=x onerror="window.owned='${where}'">`;

test("what stations, drivers and colleagues write is text on every page", async ({ browser }) => {
  test.setTimeout(240_000);
  const server = await Server.demo(3);
  try {
    const owner = await server.api("owner");
    const ok = async (what: string, r: { ok(): boolean; status(): number; text(): Promise<string> }) => {
      expect(r.ok(), `${what}: ${r.status()} ${await r.text()}`).toBe(true);
    };
    await ok(
      "station",
      await owner.put("/api/v1/stations/EVIL", {
        data: { name: evil("station"), password: "an evil station", site_id: "site_market" },
      }),
    );
    const driver = await driverOf(server);
    await ok("name", await driver.api.put("/api/v1/me", { data: { name: evil("driver"), phone: "", language: "en" } }));
    await ok(
      "report",
      await driver.api.post("/api/v1/me/reports", {
        data: { site_id: "site_market", kind: "broken", text: evil("report") },
      }),
    );
    await ok(
      "vehicle",
      await driver.api.post("/api/v1/me/vehicles", {
        data: { name: evil("vehicle"), make: evil("make"), model: "", connectors: [] },
      }),
    );
    await ok("added", await owner.post("/api/v1/drivers", { data: { name: evil("added"), language: "en" } }));
    await ok(
      "user",
      await owner.post("/api/v1/users", { data: { name: evil("user"), email: "evil@x.example", role: "viewer" } }),
    );
    await ok("key", await owner.post("/api/v1/keys", { data: { label: evil("key"), role: "viewer" } }));
    await ok(
      "webhook",
      await owner.post("/api/v1/webhooks", {
        data: { url: "https://hooks.example/", label: evil("hook"), events: ["session.started"] },
      }),
    );
    await ok(
      "site",
      await owner.put("/api/v1/sites/site_evil", {
        data: {
          name: evil("site"),
          address: evil("address"),
          city: evil("city"),
          postal_code: "1",
          country: "DE",
          time_zone: "Europe/Berlin",
        },
      }),
    );
    const {
      logo_url: _,
      guests_url: __,
      ...brand
    } = (await (await owner.get("/api/v1/branding")).json()) as Record<string, unknown>;
    await ok("brand", await owner.put("/api/v1/branding", { data: { ...brand, name: evil("brand") } }));

    const staff = await browser.newContext({
      baseURL: server.url,
      storageState: stateOf(await signIn(server.url, "owner@demo.example", password)),
    });
    const page = await staff.newPage();
    // A station tells who it is and what is wrong with it.
    const station = await Raw.connect(server.port, "EVIL", "an evil station");
    const vendor = { chargePointVendor: "<img src=x id=1>", chargePointModel: "<img src=x id=2>" };
    expect((await station.call("BootNotification", vendor))[0]).toBe(3);
    for (const connectorId of [0, 1]) {
      const told = await station.call("StatusNotification", {
        ...{ connectorId, errorCode: "OtherError", status: "Faulted", vendorId: "<img src=x>" },
        ...{ info: "<img src=x onerror=owned=1>", vendorErrorCode: "<img src=x onerror=owned=2>" },
      });
      expect(told[0]).toBe(3);
    }

    const ids = { ...(await things(server)), site: "site_evil" };
    const seen = new Set<string>();
    const look = async (path: string) => {
      await page.goto(path);
      await settled(page);
      expect(await page.locator('img[src="x"], img[src$="/x"]').count(), path).toBe(0);
      expect(await page.evaluate(() => "owned" in window), path).toBe(false);
      const text = await page.evaluate(
        () =>
          document.body.textContent +
          [...document.querySelectorAll("[title],[aria-label],input,textarea")]
            .map((e) => `${e.getAttribute("title")} ${e.getAttribute("aria-label")} ${(e as HTMLInputElement).value}`)
            .join(" "),
      );
      for (const [, where] of text.matchAll(/x-(\w+)<img src=x/g)) seen.add(where ?? "");
      if (/<img src=x onerror=owned/.test(text)) seen.add("fault");
    };
    for (const p of consolePages(ids)) await look(p.path);
    await look("/stations/EVIL");
    await look("/sessions?site=site_evil");
    await staff.addCookies(stateOf(driver.cookie).cookies);
    for (const p of openPages(ids)) await look(p.path);
    for (const path of ["/app/account", "/app/vehicles", "/app/report?site=site_market", "/app/site/site_evil"])
      await look(path);
    // The test itself must have looked where these stand.
    expect([...seen].sort()).toEqual(
      expect.arrayContaining([
        "added",
        "brand",
        "driver",
        "fault",
        "hook",
        "key",
        "report",
        "site",
        "station",
        "user",
        "vehicle",
      ]),
    );
    station.close();
    await staff.close();
    await driver.api.dispose();
    await owner.dispose();
  } finally {
    await server.stop();
  }
});
