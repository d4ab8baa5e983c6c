import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: "./db/schema/index.ts",
  // `scripts/db-generate.mjs` generates aside first, to compare or to replace whole.
  out: process.env.MIGRATIONS_OUT ?? "./db/migrations",
});
