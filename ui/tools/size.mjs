// Measures what a face loads before its first page: the entry and everything it
// imports statically, as gzip. Fails above the limit.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const limit = 120 * 1024;
const built = fileURLToPath(new URL("../../edge/web/dist/built/", import.meta.url));
const manifest = JSON.parse(readFileSync(`${built}.vite/manifest.json`, "utf8"));
let failed = false;
for (const [face, entry] of [
  ["console", "index.html"],
  ["driver", "app/index.html"],
]) {
  const seen = new Set();
  const walk = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const i of manifest[name].imports ?? []) walk(i);
  };
  walk(entry);
  const sizes = [...seen].map((n) => [manifest[n].file, gzipSync(readFileSync(built + manifest[n].file)).length]);
  const sum = sizes.reduce((s, [, n]) => s + n, 0);
  console.log(`${face}: ${(sum / 1024).toFixed(1)} KB gzip of JavaScript at first (limit ${limit / 1024})`);
  if (process.argv.includes("-v"))
    for (const [f, n] of sizes.sort((a, b) => b[1] - a[1])) console.log(`  ${(n / 1024).toFixed(1)} ${f}`);
  if (sum > limit) failed = true;
}
if (failed) {
  console.error("too large: load it with the page that needs it");
  process.exit(1);
}
