import { mailedCode } from "./world/driver";
import { authenticator, join, totp } from "./world/people";
import { password } from "./world/server";
import { enter, expect, test } from "./world/test";

const account = (page: import("@playwright/test").Page) =>
  page.getByRole("banner").getByRole("button", { name: "Account" });

test("staff sign in, are led back to where they wanted, and out", async ({ page, context, watch }) => {
  await page.goto("/admin/audit?q=stations");
  await expect(page).toHaveURL(/\/sign-in\?to=/);
  await page.getByLabel("E-mail").fill("owner@demo.example");
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  watch.allow(/^401 POST \/api\/v1\/auth\/password$/);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/\/admin\/audit\?q=stations$/);

  const cookie = (await context.cookies()).find((c) => c.name === "cw_session");
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });

  await account(page).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in$/);

  // The old cookie is worth nothing, wherever it was copied to.
  const old = await page.request.get("/api/v1/stations", { headers: { Cookie: `cw_session=${cookie?.value}` } });
  expect(old.status()).toBe(401);
});

test("the session's cookie changes at every sign-in", async ({ page, context, demo }) => {
  const now = async () => (await context.cookies()).find((c) => c.name === "cw_session")?.value;
  await context.addCookies([{ name: "cw_session", value: "planted-by-somebody", url: demo.url }]);
  await enter(page, "viewer@demo.example", password);
  await expect(account(page)).toBeVisible();
  const first = await now();
  expect(first).not.toBe("planted-by-somebody");
  await account(page).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await enter(page, "viewer@demo.example", password);
  await expect(account(page)).toBeVisible();
  expect(await now()).not.toBe(first);
});

test("a second factor is set up, asked for, and replaced by a recovery code", async ({ page, demo, watch }) => {
  const who = await join(demo, "technician");
  watch.allow(/^401 POST \/api\/v1\/auth\/password$/);
  await enter(page, who.email, who.secret);
  await expect(account(page)).toBeVisible();
  await page.goto("/account");
  await page.getByRole("button", { name: "Set up a second factor" }).click();
  await expect(page.getByRole("img", { name: "QR code for the authenticator app" })).toBeVisible();
  const secret = (await page.locator("form p.mono").textContent()) ?? "";
  expect(secret.length).toBeGreaterThan(15);
  await page.getByLabel("Code", { exact: true }).fill(totp(secret));
  await page.getByRole("button", { name: "Turn the second factor on" }).click();
  const codes = await page.locator("ul.mono li").allTextContents();
  expect(codes.length).toBeGreaterThan(5);

  const out = async () => {
    await account(page).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page).toHaveURL(/\/sign-in$/);
  };
  const code = page.getByLabel("Code", { exact: true });
  await out();
  await enter(page, who.email, who.secret);
  await code.fill("000000");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  // The code of the next half minute: each is good once, and the present one was used up.
  await code.fill(totp(secret, Date.now() + 30_000));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(account(page)).toBeVisible();

  await out();
  await enter(page, who.email, who.secret);
  await code.fill(codes[0] ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(account(page)).toBeVisible();

  // A recovery code is good once.
  await out();
  await enter(page, who.email, who.secret);
  await code.fill(codes[0] ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).toBeVisible();
});

test("staff sign in with a passkey", async ({ page, demo }) => {
  const who = await join(demo, "viewer");
  await authenticator(page);
  await page.goto(`${demo.named}/sign-in`);
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByLabel("Password", { exact: true }).fill(who.secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(account(page)).toBeVisible();
  await page.goto(`${demo.named}/account`);
  await page.getByLabel("Name of the new passkey").fill("Office laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByText("Office laptop", { exact: true })).toBeVisible();
  await account(page).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(account(page)).toContainText("Carl Colleague");
});

test("a driver signs in with a passkey", async ({ page, demo }) => {
  const email = `passkey-${Date.now()}@drivers.example`;
  await authenticator(page);
  await page.goto(`${demo.named}/app/sign-in`);
  await page.getByLabel("Mail address").fill(email);
  await page.getByRole("button", { name: "Send me a code" }).click();
  const code = page.getByLabel("Code of the mail, six digits");
  await code.fill(await mailedCode(demo, email));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByRole("button", { name: "Remove" })).toBeVisible();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.goto(`${demo.named}/app/sign-in`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page).not.toHaveURL(/sign-in/);
  await page.goto(`${demo.named}/app/account`);
  await expect(page.getByText(email)).toBeVisible();
});

test("somebody is invited, accepts, and the link is used up", async ({ page, demo, watch }) => {
  const owner = await demo.api("owner");
  const r = await owner.post("/api/v1/users", {
    data: { name: "Ina", email: `new-${Date.now()}@staff.example`, role: "operator" },
  });
  const { invitation_url } = (await r.json()) as { invitation_url: string };
  await page.goto(invitation_url);
  await page.getByLabel("Your name").fill("Ina Invited");
  await page.getByLabel("New password").fill("a sentence is good");
  await page.getByRole("button", { name: "Accept the invitation" }).click();
  await expect(account(page)).toContainText("Ina Invited");
  await page.goto("about:blank");
  await page.context().clearCookies();
  watch.allow(/^401 POST \/api\/v1\/auth\/invitation$/);
  await page.goto(invitation_url);
  await page.getByLabel("Your name").fill("Somebody Else");
  await page.getByLabel("New password").fill("a sentence is good");
  await page.getByRole("button", { name: "Accept the invitation" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
});
