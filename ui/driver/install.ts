import { useSyncExternalStore } from "react";

/** What the browser hands out when it offers to install the app. */
interface Offer extends Event {
  prompt(): Promise<void>;
  readonly userChoice: Promise<{ outcome: "accepted" | "dismissed" }>;
}

let offer: Offer | null = null;
const watchers = new Set<() => void>();
const set = (o: Offer | null) => {
  offer = o;
  for (const f of watchers) f();
};

addEventListener("beforeinstallprompt", (e) => {
  e.preventDefault();
  set(e as Offer);
});
addEventListener("appinstalled", () => set(null));

/** Installs the app, when the browser offered it; null when it did not. */
export function useInstall(): (() => Promise<void>) | null {
  const now = useSyncExternalStore(
    (f) => {
      watchers.add(f);
      return () => void watchers.delete(f);
    },
    () => offer,
  );
  if (!now) return null;
  return async () => {
    set(null); // an offer is good once
    await now.prompt();
  };
}
