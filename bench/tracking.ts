/**
 * log-metric and log-batch against a bare Hono server with one prepared insert: `npm run bench:tracking`.
 * The peer does no authentication, no validation of limits, no latest-value upkeep; it is the floor, not a rival.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import pg from "pg";
import { interleave, report } from "./measure";
import { benchDatabase } from "./setup";

const database = await benchDatabase();
const { createHttpApp } = await import("@/server/http/app");

const serve = async (listener: Parameters<typeof createServer>[1]) => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
};

const ours = await serve(getRequestListener(createHttpApp().fetch));
const pool = new pg.Pool({ connectionString: database.url, max: 20 });
await pool.query(
  "create schema if not exists bench; create table bench.points (run text, key text, step bigint, ts bigint, value float8)",
);
const bare = new Hono();
bare.post("/log-metric", async (c) => {
  const p = await c.req.json<{
    run_id: string;
    key: string;
    step: number;
    timestamp: number;
    value: number;
  }>();
  await pool.query({
    name: "one",
    text: "insert into bench.points values ($1, $2, $3, $4, $5)",
    values: [p.run_id, p.key, p.step, p.timestamp, p.value],
  });
  return c.json({});
});
bare.post("/log-batch", async (c) => {
  const p = await c.req.json<{
    run_id: string;
    metrics: { key: string; step: number; timestamp: number; value: number }[];
  }>();
  await pool.query({
    name: "many",
    text: "insert into bench.points select $1, * from unnest($2::text[], $3::bigint[], $4::bigint[], $5::float8[])",
    values: [
      p.run_id,
      p.metrics.map((m) => m.key),
      p.metrics.map((m) => m.step),
      p.metrics.map((m) => m.timestamp),
      p.metrics.map((m) => m.value),
    ],
  });
  return c.json({});
});
const peer = await serve(getRequestListener(bare.fetch));

const api = `http://127.0.0.1:${ours.port}/api/2.0/mlflow`;
const headers = { authorization: `Bearer ${database.token}`, "content-type": "application/json" };
const created = await fetch(`${api}/runs/create`, { method: "POST", headers, body: "{}" });
const { run } = (await created.json()) as { run: { info: { run_id: string } } };
const runId = run.info.run_id;

let step = 0;
const metric = () => {
  step += 1;
  return { key: "loss", value: 1 / step, timestamp: 1_700_000_000_000 + step, step };
};
const one = () => JSON.stringify({ run_id: runId, ...metric() });
const hundred = () => JSON.stringify({ run_id: runId, metrics: Array.from({ length: 100 }, metric) });

try {
  report(
    "log-metric, one point a request, 32 connections",
    await interleave({
      modelworks: { url: `${api}/runs/log-metric`, headers, body: one },
      "bare hono + insert": { url: `http://127.0.0.1:${peer.port}/log-metric`, body: one },
    }),
    "modelworks",
  );
  report(
    "log-batch, 100 points a request, 32 connections",
    await interleave({
      modelworks: { url: `${api}/runs/log-batch`, headers, body: hundred },
      "bare hono + insert": { url: `http://127.0.0.1:${peer.port}/log-batch`, body: hundred },
    }),
    "modelworks",
  );
} finally {
  await pool.end();
  await database.stop();
  process.exit(0);
}
