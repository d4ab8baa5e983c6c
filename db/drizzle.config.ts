import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: "./db/schema/*.ts",
  // A check generates into a copy.
  out: process.env.MIGRATIONS_OUT ?? "./db/migrations",
});
