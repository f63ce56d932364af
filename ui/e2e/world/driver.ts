import { type APIRequestContext, expect } from "@playwright/test";
import { anonymous, type Server } from "./server";

/** The code of the newest mail to an address, from the mailbox of a demonstration. */
export async function mailedCode(server: Server, email: string): Promise<string> {
  const api = await anonymous(server.url);
  let code = "";
  await expect
    .poll(async () => {
      const { items } = (await (await api.get("/api/v1/mailbox")).json()) as { items: { to: string; text: string }[] };
      code = /\b\d{6}\b/.exec(items.find((m) => m.to.includes(email))?.text ?? "")?.[0] ?? "";
      return code;
    })
    .toMatch(/^\d{6}$/);
  await api.dispose();
  return code;
}

/** A new driver of a demonstration, signed in by the code of the mail. */
export async function driverOf(server: Server): Promise<{ email: string; cookie: string; api: APIRequestContext }> {
  const email = `driver-${process.pid}-${made++}@drivers.example`;
  const api = await anonymous(server.url);
  await api.post("/api/v1/auth/driver/link", { data: { email, language: "en" } });
  const entered = await api.post("/api/v1/auth/driver/enter", {
    data: { email, code: await mailedCode(server, email) },
  });
  if (!entered.ok()) throw new Error(`no way in for ${email}: ${entered.status()} ${await entered.text()}`);
  const cookie = (await api.storageState()).cookies.find((c) => c.name === "cw_session")?.value ?? "";
  return { email, cookie, api };
}
let made = 0;
