import { createHmac } from "node:crypto";
import type { Page } from "@playwright/test";
import { anonymous, type Role, type Server, signIn } from "./server";

/** Invites somebody and accepts for them; returns how they sign in. */
export async function join(server: Server, role: Role, sites?: string[]) {
  const owner = await server.api("owner");
  const email = `${role}-${process.pid}-${joined++}@staff.example`;
  const secret = "the password of a colleague";
  const r = await owner.post("/api/v1/users", { data: { name: "Carl", email, role, ...(sites ? { sites } : {}) } });
  if (r.status() !== 201) throw new Error(`no invitation: ${r.status()} ${await r.text()}`);
  const { invitation_url, id } = (await r.json()) as { invitation_url: string; id: string };
  // By somebody else's browser: signing in ends the session that a browser had.
  const theirs = await anonymous(server.url);
  const accepted = await theirs.post("/api/v1/auth/invitation", {
    data: { token: new URL(invitation_url).hash.slice(1), name: "Carl Colleague", password: secret },
  });
  if (!accepted.ok()) throw new Error(`not accepted: ${accepted.status()} ${await accepted.text()}`);
  await theirs.dispose();
  await owner.dispose();
  return { id, email, secret, cookie: () => signIn(server.url, email, secret) };
}
let joined = 0;

/** The code of an authenticator app (RFC 6238: SHA-1, 30 s, six digits) at a time in ms. */
export function totp(secret: string, at = Date.now()): string {
  const bits = [...secret.replace(/[\s=]/g, "").toUpperCase()]
    .map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((b) => Number.parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac("sha1", key).update(step).digest();
  const from = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Gives the page's browser a built-in authenticator whose finger is always on the sensor. */
export async function authenticator(page: Page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return cdp;
}
