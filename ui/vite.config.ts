import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";
import { locales } from "./tools/locales.ts";

const here = (p: string) => fileURLToPath(new URL(p, import.meta.url));
const server = process.env.CHARGEWRIGHT_URL ?? "http://127.0.0.1:8080";
const key = process.env.CHARGEWRIGHT_KEY;

/** In dev the Go server answers these; CHARGEWRIGHT_KEY signs in with an API key. */
const proxy = {
  target: server,
  changeOrigin: true,
  ws: true,
  headers: key ? { Authorization: `Bearer ${key}` } : undefined,
};

export default defineConfig({
  plugins: [
    react(),
    tailwindcss(),
    locales(here(".")),
    driverAddresses(),
    VitePWA({
      strategies: "generateSW",
      filename: "app/sw.js",
      injectRegister: null,
      manifest: false,
      workbox: {
        inlineWorkboxRuntime: true,
        skipWaiting: true,
        clientsClaim: true,
        cleanupOutdatedCaches: true,
        globPatterns: ["app/index.html", "theme.js", "icon.svg", "assets/*.{js,css}", "assets/sofia-sans-latin*.woff2"],
        globIgnores: ["assets/console/**", "assets/map/**"],
        // The worker stands in /app/, what it keeps is named from the root.
        manifestTransforms: [(all) => ({ manifest: all.map((e) => ({ ...e, url: `/${e.url}` })), warnings: [] })],
        navigateFallback: "/app/index.html",
        navigateFallbackAllowlist: [/^\/app(\/|$)/],
        runtimeCaching: [
          {
            urlPattern: /\/assets\//,
            handler: "CacheFirst",
            options: { cacheName: "assets", expiration: { maxEntries: 80 } },
          },
          {
            // What was bought stays readable without a network; nothing else of the API is kept.
            urlPattern: /\/api\/v1\/me\/(documents|sessions)(\/[^/]+)?(\?.*)?$/,
            handler: "NetworkFirst",
            method: "GET",
            options: {
              cacheName: "history",
              networkTimeoutSeconds: 5,
              expiration: { maxEntries: 60, maxAgeSeconds: 90 * 24 * 3600, purgeOnQuotaError: true },
              cacheableResponse: { statuses: [200] },
            },
          },
        ],
      },
    }),
  ],
  resolve: { alias: { "#shared": here("./shared") } },
  build: {
    outDir: here("../edge/web/dist/built"),
    emptyOutDir: true,
    manifest: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: {
      polyfill: false,
      // What every page stands on is there before any of them is asked for.
      resolveDependencies: (_, deps, { hostType }) =>
        hostType === "js"
          ? deps.filter((d) => !/^assets\/(ground|rolldown-runtime|icon|client|i18n|base)-/.test(d))
          : deps,
    },
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      input: { console: here("./index.html"), driver: here("./app/index.html") },
      output: {
        // One file for what both faces and every page stand on: it packs better and stays in caches.
        codeSplitting: {
          groups: [
            {
              name: "ground",
              test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store|@tanstack\/(react-router|router-core|history|store|react-store|query-core|react-query))\//,
            },
          ],
        },
        chunkFileNames: (c) =>
          c.moduleIds.some((m) => m.includes("/ui/console/") || /virtual:locale\/console/.test(m))
            ? "assets/console/[name]-[hash].js"
            : c.moduleIds.some((m) => m.includes("maplibre") || m.includes("pmtiles"))
              ? "assets/map/[name]-[hash].js"
              : "assets/[name]-[hash].js",
      },
    },
  },
  server: {
    proxy: { "/api": proxy, "/ocpp": proxy, "/livez": proxy, "/readyz": proxy, "^/e/": proxy },
  },
  test: {
    environment: "happy-dom",
    include: ["**/*.test.{ts,tsx}"],
    exclude: ["node_modules", "e2e"],
    restoreMocks: true,
  },
});

/** Serves every /app address by the driver's page in dev, as the Go server does. */
function driverAddresses() {
  return {
    name: "driver-addresses",
    configureServer(s: {
      middlewares: { use: (f: (r: { url?: string }, w: unknown, n: () => void) => void) => void };
    }) {
      s.middlewares.use((req, _res, next) => {
        const path = req.url?.split("?")[0] ?? "";
        if (/^\/app(\/|$)/.test(path) && !path.includes(".")) req.url = "/app/index.html";
        next();
      });
    },
  };
}
