import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
const watchers = new Set<() => void>();

/** The theme that was chosen. */
export function theme(): Theme {
  const t = document.documentElement.dataset.theme;
  return t === "light" || t === "dark" ? t : "system";
}

/** Chooses a theme and keeps the choice on this device. */
export function setTheme(t: Theme) {
  const { dataset } = document.documentElement;
  if (t === "system") delete dataset.theme;
  else dataset.theme = t;
  try {
    if (t === "system") localStorage.removeItem("cw-theme");
    else localStorage.setItem("cw-theme", t);
  } catch {
    // no storage: for this visit only
  }
  for (const f of watchers) f();
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const watch = (f: () => void) => {
  watchers.add(f);
  dark.addEventListener("change", f);
  return () => {
    watchers.delete(f);
    dark.removeEventListener("change", f);
  };
};

/** The chosen theme, and whether the page is dark now; renders again when either changes. */
export function useTheme(): { theme: Theme; dark: boolean } {
  const now = useSyncExternalStore(watch, () => `${theme()} ${dark.matches}`);
  const chosen = now.split(" ")[0] as Theme;
  return { theme: chosen, dark: chosen === "dark" || (chosen === "system" && now.endsWith("true")) };
}

/** A token's colour for canvas code: color("energy-fill"). */
export const color = (token: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--cw-${token}`).trim();

const still = matchMedia("(prefers-reduced-motion: reduce)");
/** Whether things may move. */
export const moves = () => !still.matches;
