import path from "node:path";
import { defineConfig } from "@playwright/test";
import { CHROMIUM_FLAGS, chromiumPath } from "../fixtures/chromium";

/** Tests that kill processes: each starts an installation of its own, so nothing else runs beside it. */
export default defineConfig({
  testDir: ".",

  workers: 1,
  // A storm that is survived only at the second try has found something: it counts as failed.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  // Longer than the waits inside, which say what they waited for.
  timeout: 1_200_000,
  reporter: [["list"]],
  outputDir: path.resolve(import.meta.dirname, "..", "..", "test-results", "chaos"),
  use: {
    browserName: "chromium",
    locale: "en-GB",
    launchOptions: { executablePath: chromiumPath(), args: CHROMIUM_FLAGS },
  },
});
