import { post } from "./client";
import type { Me } from "./me";

interface Ceremony<T> {
  ceremony: string;
  options: T;
}

/** A passkey of the person signed in. */
export interface Passkey {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
}

/** Whether this browser has passkeys in the form that is used here. */
export const passkeysWork = () =>
  typeof PublicKeyCredential === "function" &&
  "parseRequestOptionsFromJSON" in PublicKeyCredential &&
  "parseCreationOptionsFromJSON" in PublicKeyCredential;

/** The reader closed the browser's own question: no failure. */
const closed = (e: unknown) => e instanceof DOMException && (e.name === "NotAllowedError" || e.name === "AbortError");

/** Signs in by a passkey; null when the browser's question was closed. */
export async function askPasskey(): Promise<Me | null> {
  const c = await post<Ceremony<PublicKeyCredentialRequestOptionsJSON>>("/auth/passkey/begin", {});
  let credential: Credential | null;
  try {
    credential = await navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(c.options),
    });
  } catch (e) {
    if (closed(e)) return null;
    throw e;
  }
  if (!(credential instanceof PublicKeyCredential)) return null;
  return post<Me>("/auth/passkey/finish", { ceremony: c.ceremony, credential: credential.toJSON() });
}

/** Makes a passkey on this device; null when the browser's question was closed. */
export async function addPasskey(name: string): Promise<Passkey | null> {
  const c = await post<Ceremony<PublicKeyCredentialCreationOptionsJSON>>("/auth/passkeys/begin", {});
  let credential: Credential | null;
  try {
    credential = await navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(c.options),
    });
  } catch (e) {
    if (closed(e)) return null;
    throw e;
  }
  if (!(credential instanceof PublicKeyCredential)) return null;
  return post<Passkey>("/auth/passkeys/finish", { ceremony: c.ceremony, credential: credential.toJSON(), name });
}
