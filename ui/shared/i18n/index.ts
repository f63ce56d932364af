import { useSyncExternalStore } from "react";

export interface Words {
  [key: string]: string | Words;
}
type Loaders = Record<string, () => Promise<{ default: object }>>;

let loaders: Loaders = {};
let version = 0;
const watchers = new Set<() => void>();

/** The languages that can be chosen, as BCP 47 codes. */
export const languages = () => Object.keys(loaders);

/** The name of a language in itself. */
export const languageName = (code: string) => new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;

let spoken = "en";
let words: Words = {};
let plural = new Intl.PluralRules("en");

/** The language in use. */
export const language = () => spoken;

function wanted(): string {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem("cw-language");
  } catch {
    // no storage: the browser's own
  }
  for (const l of [kept, ...navigator.languages]) {
    const base = l?.split("-")[0];
    if (base && base in loaders) return base;
  }
  return "en";
}

/** Prepares the words of a face; `all` comes from "virtual:locales/FACE". */
export async function begin(all: Loaders): Promise<void> {
  loaders = all;
  await speak(wanted(), false);
}

/** Changes the language; `keep` remembers it on this device. */
export async function speak(lang: string, keep = true): Promise<void> {
  const load = loaders[lang];
  if (!load) return;
  use(lang, (await load()).default as Words);
  document.documentElement.lang = lang;
  if (keep) {
    try {
      localStorage.setItem("cw-language", lang);
    } catch {
      // no storage: for this visit only
    }
  }
  version++;
  for (const f of watchers) f();
}

const watch = (f: () => void) => {
  watchers.add(f);
  return () => void watchers.delete(f);
};

/** Takes the words of a language. Begin and speak call it; tests may. */
export function use(lang: string, all: Words) {
  spoken = lang;
  words = all;
  plural = new Intl.PluralRules(lang);
}

function find(key: string): string | undefined {
  let at: string | Words | undefined = words;
  for (const part of key.split(".")) at = typeof at === "object" ? at[part] : undefined;
  return typeof at === "string" ? at : undefined;
}

/**
 * The words of a key, `{{name}}` filled in: `t("parts.shown", { n: 3 })`. With a
 * `count` the form is chosen by the language's plural rules: `count_one`, `count_other`.
 * A key without words shows itself. In components use useT, which renews.
 */
export function t(key: string, values: Record<string, unknown> = {}): string {
  const { count } = values;
  const form = typeof count === "number" ? (find(`${key}_${plural.select(count)}`) ?? find(`${key}_other`)) : undefined;
  return (form ?? find(key) ?? key).replace(/\{\{\s*(\w+)\s*\}\}/g, (hole, name: string) =>
    name in values ? String(values[name] ?? "") : hole,
  );
}

/** Words, renewed when the language changes. */
export function useT() {
  useSyncExternalStore(watch, () => version);
  return t;
}

/** Whether a key has words; for names that come as data, like kinds of events. */
export const has = (key: string) => find(key) !== undefined;
