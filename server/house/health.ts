import { sql } from "drizzle-orm";
import { Hono } from "hono";
import { db } from "@/db/client";
import { metricsRegistry } from "@/server/core/metrics";
import type { HttpEnv } from "@/server/kit/app-env";

/** `/api/health` (503 when the database is away), `/health` (MLflow's form) and Prometheus `/metrics`. */
export function healthApp(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get("/health", (c) => c.text("OK"));
  app.get("/api/health", async (c) => {
    try {
      await db().execute(sql`select 1`);
      return c.json({ status: "ok", database: "ok" });
    } catch {
      return c.json({ status: "unavailable", database: "unreachable" }, 503);
    }
  });
  app.get("/metrics", async (c) => {
    c.header("content-type", metricsRegistry.contentType);
    return c.body(await metricsRegistry.metrics());
  });
  return app;
}
