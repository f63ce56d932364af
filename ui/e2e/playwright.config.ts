import { defineConfig } from "@playwright/test";

/**
 * The browser tests: the real binary, simulated stations, Chromium. `build/browser.sh` runs them; CHARGEWRIGHT_BIN is the
 * binary, CHROMIUM the browser, E2E_WORKERS how many servers and browsers run side by side.
 */
export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  timeout: 90_000,
  expect: { timeout: 15_000 },
  fullyParallel: false,
  workers: Number(process.env.E2E_WORKERS ?? 2),
  forbidOnly: true,
  reporter: process.env.E2E_REPORT ?? "list",
  projects: [
    { name: "proof", testMatch: "*.spec.ts", testIgnore: "screens.spec.ts" },
    { name: "screens", testMatch: "screens.spec.ts" },
  ],
  use: {
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    viewport: { width: 1440, height: 900 },
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
        "--no-first-run",
        "--disable-background-networking",
      ],
    },
  },
});
