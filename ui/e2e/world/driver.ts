import { type APIRequestContext, expect } from "@playwright/test";
import { type Address, livePages, ownPages, pastPages } from "./pages";
import { anonymous, type Server } from "./server";
import type { Steered } from "./test";

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

export interface Driver {
  email: string;
  cookie: string;
  api: APIRequestContext;
}

/** A driver of a demonstration, a new one without an address, signed in by the code of the mail. */
export async function driverOf(
  server: Server,
  email = `driver-${process.pid}-${made++}@drivers.example`,
): Promise<Driver> {
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

/** Has a driver charge with the app at a station that does what it is told, and returns the session with some energy in it. */
export async function charging(who: Driver, at: Steered): Promise<string> {
  const read = async <T>(path: string) => (await (await who.api.get(`/api/v1${path}`)).json()) as T;
  const code = await at.number(1);
  const { evse } = await read<{ evse: { price: { tariff_version: string } } }>(`/public/evses/${code}`);
  const asked = await who.api.post("/api/v1/me/starts", {
    data: { evse: code, tariff_version: evse.price.tariff_version },
  });
  if (!asked.ok()) throw new Error(`no start: ${asked.status()} ${await asked.text()}`);
  const { id } = (await asked.json()) as { id: string };
  await at.station.do("plug 1 60000 20 120000");
  let session = "";
  await expect
    .poll(async () => {
      session = (await read<{ session_id: string | null }>(`/me/starts/${id}`)).session_id ?? "";
      return session;
    })
    .not.toBe("");
  const energy = async () => (await read<{ energy_wh: number }>(`/me/sessions/${session}`)).energy_wh;
  await expect.poll(energy, { timeout: 30_000 }).toBeGreaterThan(300);
  return session;
}

/** Ends what `charging` began; returns when there is a receipt. */
export async function charged(who: Driver, at: Steered, session: string) {
  await at.station.do("stop 1");
  await at.station.do("unplug 1");
  await expect
    .poll(async () => (await who.api.get(`/api/v1/me/documents/${session}`)).status(), { timeout: 20_000 })
    .toBe(200);
}

/** Shows the pages that a driver has: always, while a vehicle charges, and after. */
export async function tour(who: Driver, at: Steered, show: (pages: Address[]) => Promise<void>) {
  await show(ownPages);
  const session = await charging(who, at);
  await show(livePages(session));
  await charged(who, at, session);
  await show(pastPages(session));
}
