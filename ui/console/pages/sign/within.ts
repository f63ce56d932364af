/** An address to go to after signing in: only a path of this console, else the overview. */
export function within(to: string): string {
  if (!to.startsWith("/") || to.startsWith("//") || to.includes("\\")) return "/";
  try {
    const url = new URL(to, "http://here");
    if (url.host !== "here" || url.pathname === "/sign-in") return "/";
    return url.pathname + url.search;
  } catch {
    return "/";
  }
}

/** What the address carries behind its #, which never reaches a server. */
export const fragment = () => decodeURIComponent(location.hash.replace(/^#(token=)?/, ""));
