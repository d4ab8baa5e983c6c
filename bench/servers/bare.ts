// A bare Hono server with one prepared insert: no sign-in, no checks, no key, no latest values. The floor, not a rival.
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import pg from "pg";
import { serve } from "./listen";

interface Point {
  key: string;
  step: number;
  timestamp: number;
  value: number;
}

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 });
await pool.query(
  "create schema bench; create table bench.points (run text, key text, step bigint, ts bigint, value float8)",
);
const app = new Hono();
app.post("/log-metric", async (c) => {
  const point = await c.req.json<Point & { run_id: string }>();
  await pool.query({
    name: "one",
    text: "insert into bench.points values ($1, $2, $3, $4, $5)",
    values: [point.run_id, point.key, point.step, point.timestamp, point.value],
  });
  return c.json({});
});
app.post("/log-batch", async (c) => {
  const { run_id, metrics } = await c.req.json<{ run_id: string; metrics: Point[] }>();
  await pool.query({
    name: "many",
    text: "insert into bench.points select $1, * from unnest($2::text[], $3::bigint[], $4::bigint[], $5::float8[])",
    values: [
      run_id,
      metrics.map((point) => point.key),
      metrics.map((point) => point.step),
      metrics.map((point) => point.timestamp),
      metrics.map((point) => point.value),
    ],
  });
  return c.json({});
});
serve(getRequestListener(app.fetch));
