import path from "node:path";
import { defineConfig } from "@playwright/test";
import { CHROMIUM_FLAGS, chromiumPath } from "./fixtures/chromium";

const shots = Boolean(process.env.MODELWORKS_SCREENSHOTS);

export default defineConfig({
  testDir: ".",
  outputDir: path.resolve(import.meta.dirname, "..", "test-results"),
  globalSetup: "./fixtures/global-setup.ts",
  // Each has a team and people of its own (`fixtures/people.ts`); what was started elsewhere has one of each.
  workers: shots || process.env.MODELWORKS_E2E_URL ? 1 : 2,
  // A test that passes at the second try has found something: it counts as failed.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    actionTimeout: 10_000,
    navigationTimeout: 30_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: { executablePath: chromiumPath(), args: CHROMIUM_FLAGS },
  },
  projects: shots
    ? [{ name: "screenshots", testMatch: "screenshots/*.spec.ts", timeout: 900_000 }]
    : [
        // The longest first, the shortest last, so that neither worker waits for the other at the end.
        { name: "journeys", testMatch: "journeys/*.spec.ts", timeout: 900_000 },
        { name: "stations", testMatch: /e2e\/[^/]+\.spec\.ts$/, timeout: 90_000 },
        { name: "a11y", testMatch: "a11y/*.spec.ts", timeout: 180_000 },
        // They measure: nothing runs beside them.
        { name: "perf", testMatch: "perf/*.spec.ts", timeout: 180_000, workers: 1 },
        // The main routes only: what `npm test` has time for.
        { name: "vitals", testMatch: "perf/*.spec.ts", grep: /@main/, timeout: 180_000, workers: 1 },
      ],
});
