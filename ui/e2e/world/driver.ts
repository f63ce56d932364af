import { type APIRequestContext, request } from "@playwright/test";
import type { Server } from "./server";

/** A new driver of a demonstration, signed in by the code of the mail. */
export async function driverOf(server: Server): Promise<{ email: string; cookie: string; api: APIRequestContext }> {
  const email = `driver-${process.pid}-${made++}@drivers.example`;
  const api = await request.newContext({ baseURL: server.url });
  await api.post("/api/v1/auth/driver/link", { data: { email, language: "en" } });
  const { items } = (await (await api.get("/api/v1/mailbox")).json()) as { items: { to: string; text: string }[] };
  const code = /\b\d{6}\b/.exec(items.find((m) => m.to.includes(email))?.text ?? "")?.[0];
  const entered = await api.post("/api/v1/auth/driver/enter", { data: { email, code } });
  if (!entered.ok()) throw new Error(`no way in for ${email}: ${entered.status()} ${await entered.text()}`);
  const cookie = (await api.storageState()).cookies.find((c) => c.name === "cw_session")?.value ?? "";
  return { email, cookie, api };
}
let made = 0;
