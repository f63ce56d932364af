import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

type Words = { [key: string]: string | Words };
type Face = "console" | "driver";

const prefix = "virtual:locale";

/**
 * Gathers the words of one face and language: shared/locales/XX/*.json and
 * FACE/locales/XX/*.json; a file's name is the first part of its keys. A new
 * folder is a new language; what it lacks stays English.
 */
export function gather(root: string, face: Face, lang: string): Words {
  const words: Words = {};
  for (const from of lang === "en" ? ["en"] : ["en", lang]) {
    for (const part of ["shared", face]) {
      const dir = join(root, part, "locales", from);
      if (!existsSync(dir)) continue;
      for (const file of readdirSync(dir).sort()) {
        if (!file.endsWith(".json")) continue;
        const name = file.slice(0, -".json".length);
        words[name] = merge((words[name] as Words) ?? {}, JSON.parse(readFileSync(join(dir, file), "utf8")));
      }
    }
  }
  return words;
}

/** The languages of a face. */
export function languages(root: string, face: Face): string[] {
  const found = new Set<string>();
  for (const part of ["shared", face]) {
    for (const name of readdirSync(join(root, part, "locales"), { withFileTypes: true })) {
      if (name.isDirectory()) found.add(name.name);
    }
  }
  return [...found].sort();
}

function merge(a: Words, b: Words): Words {
  const out: Words = { ...a };
  for (const [k, v] of Object.entries(b)) {
    const old = out[k];
    out[k] = typeof v === "object" && typeof old === "object" ? merge(old, v) : v;
  }
  return out;
}

/** Serves `virtual:locales/FACE` (a loader for each language) and `virtual:locale/FACE/XX` (its words). */
export function locales(root: string): Plugin {
  return {
    name: "locales",
    resolveId(id) {
      return id.startsWith(prefix) ? `\0${id}` : undefined;
    },
    load(id) {
      if (!id.startsWith(`\0${prefix}`)) return undefined;
      const [kind, face, lang] = id.slice(1).split("/") as [string, Face, string];
      if (kind === "virtual:locales") {
        const list = languages(root, face).map(
          (l) => `${JSON.stringify(l)}: () => import(${JSON.stringify(`${prefix}/${face}/${l}`)})`,
        );
        return `export default {${list.join(",")}};`;
      }
      return `export default ${JSON.stringify(gather(root, face, lang))};`;
    },
    configureServer(server) {
      server.watcher.on("all", (_event, file) => {
        if (!/locales\/[^/]+\/[^/]+\.json$/.test(file)) return;
        for (const mod of server.moduleGraph.idToModuleMap.values()) {
          if (mod.id?.startsWith(`\0${prefix}`)) server.moduleGraph.invalidateModule(mod);
        }
        server.ws.send({ type: "full-reload" });
      });
    },
  };
}
