import path from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": path.resolve(import.meta.dirname) } },
  test: {
    include: ["{server,db,components,app,scripts,bench}/**/*.test.{ts,tsx}"],
    globalSetup: ["./db/testing/global-setup.ts"],
    // Longer than any wait inside a test, so that a slow machine is told what it waited for.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
