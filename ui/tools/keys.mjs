// Checks the words: every language file of en has one of de with the same keys
// and the same {{placeholders}}; every t("key") in the source exists; no key is
// unused. A key built at run time is kept alive by its longest fixed start:
// t(`state.${s}`) uses all of state.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const faults = [];
const areas = ["shared", "console", "driver"];

function flat(o, at, out = {}) {
  for (const [k, v] of Object.entries(o)) {
    if (typeof v === "object") flat(v, `${at}.${k}`, out);
    else out[`${at}.${k}`] = v;
  }
  return out;
}

function words(area, lang) {
  const dir = join(root, area, "locales", lang);
  const out = {};
  for (const f of readdirSync(dir)) {
    if (f.endsWith(".json")) Object.assign(out, flat(JSON.parse(readFileSync(join(dir, f), "utf8")), f.slice(0, -5)));
  }
  return out;
}

const plural = /_(zero|one|two|few|many|other)$/;
const holes = (s) =>
  [...s.matchAll(/\{\{\s*(\w+)/g)]
    .map((m) => m[1])
    .filter((h, i, a) => a.indexOf(h) === i)
    .sort()
    .join();

const all = {};
for (const area of areas) {
  const en = words(area, "en");
  const de = words(area, "de");
  for (const k of Object.keys(en)) if (!(k in de)) faults.push(`${area}: de lacks ${k}`);
  for (const k of Object.keys(de)) if (!(k in en)) faults.push(`${area}: en lacks ${k}`);
  for (const k of Object.keys(en)) {
    if (k in de && holes(en[k]) !== holes(de[k])) faults.push(`${area}: ${k} has other placeholders in de`);
    if (!en[k].trim() || (k in de && !de[k].trim())) faults.push(`${area}: ${k} is empty`);
  }
  all[area] = en;
}

function* sources(dir) {
  for (const f of readdirSync(dir)) {
    const p = join(dir, f);
    if (statSync(p).isDirectory()) yield* sources(p);
    else if (/\.tsx?$/.test(f) && !/\.test\.tsx?$/.test(f)) yield p;
  }
}

const used = { shared: new Set(), console: new Set(), driver: new Set() };
const starts = { shared: new Set(), console: new Set(), driver: new Set() };
for (const area of areas) {
  for (const file of sources(join(root, area))) {
    const text = readFileSync(file, "utf8");
    const known = (k) =>
      (area === "shared" ? [all.shared] : [all.shared, all[area]]).some(
        (w) => k in w || Object.keys(w).some((x) => plural.test(x) && x.replace(plural, "") === k),
      );
    for (const [, k] of text.matchAll(/\bt\(\s*"([\w.-]+)"/g)) {
      used[area].add(k);
      if (!known(k)) faults.push(`${relative(root, file)}: no words for ${k}`);
    }
    // Keys named as data ("nav.map") and keys with a fixed start.
    for (const [, k] of text.matchAll(/"([a-z][\w-]*(?:\.[\w-]+)+)"/g)) used[area].add(k);
    for (const [, k] of text.matchAll(/`([a-z][\w-]*\.[\w.-]*)\$\{/g)) starts[area].add(k);
    for (const [, k] of text.matchAll(/"([a-z][\w-]*\.[\w.-]*)"\s*\+/g)) starts[area].add(k);
  }
}
for (const area of areas) {
  const from = area === "shared" ? areas : ["shared", area];
  for (const k of Object.keys(all[area])) {
    const bare = k.replace(plural, "");
    const alive = from.some((f) => used[f].has(k) || used[f].has(bare) || [...starts[f]].some((s) => k.startsWith(s)));
    if (!alive) faults.push(`${area}: ${k} is used nowhere`);
  }
}

if (faults.length > 0) {
  console.error(faults.join("\n"));
  console.error(`${faults.length} faults in the words`);
  process.exit(1);
}
console.log(`words: ${areas.map((a) => `${a} ${Object.keys(all[a]).length}`).join(", ")}; en and de are equal`);
