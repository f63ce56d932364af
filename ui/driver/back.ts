// Where to go after signing in. A mail's link may open in another tab of this
// browser, so the way back is kept here and not in the page.

const key = "cw-back";
const good = 60 * 60_000; // ms

/** Remembers the address within the app to return to, e.g. "/e/123456". */
export function keepWay(path: string) {
  try {
    localStorage.setItem(key, JSON.stringify({ path, at: Date.now() }));
  } catch {
    // no storage: sign-in ends at the map
  }
}

/** The address to return to, once; "/" when there is none, it is old, or it leads elsewhere. */
export function takeWay(): string {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null") as { path?: unknown; at?: unknown } | null;
    localStorage.removeItem(key);
    if (kept && typeof kept.path === "string" && typeof kept.at === "number" && Date.now() - kept.at < good)
      return within(kept.path);
  } catch {
    // nothing kept, or not by us
  }
  return "/";
}

/** A path of this app, or "/". */
export function within(path: string): string {
  return /^\/(?![/\\])/.test(path) && !path.startsWith("/sign-in") ? path : "/";
}
