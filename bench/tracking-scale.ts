/**
 * Tracking at its size: bytes a point, and 100,000 runs of one experiment, in order and page by page: `npm run bench:tracking-scale`. Beside it stands a real
 * MLflow server with the same rows on the same database server, where BENCH_MLFLOW names a Python that has mlflow and psycopg2.
 */
import { sql } from "drizzle-orm";
import { z } from "zod";
import { experiments, runs } from "@/db/schema";
import { newId } from "@/server/core/ids";
import { writeMetrics } from "@/server/experiments/write-metrics";
import { printMachine } from "./measure";
import { startMlflow } from "./mlflow-server";
import { benchStand, TEAM } from "./setup";

const quick = process.argv.includes("--quick");
const POINTS = quick ? 10_000 : 1_000_000;
const RUNS = quick ? 500 : 100_000;
const GOLDEN = 0.618033988749895;
const KEYS = ["loss", "accuracy", "val_loss", "val_accuracy", "lr"];
const BATCH = 100;

printMachine();
const stand = await benchStand();
const { db } = stand;

async function newExperiment(name: string): Promise<number> {
  const [row] = await db
    .insert(experiments)
    .values({ teamId: TEAM, name, createdBy: "usr_bench" })
    .returning();
  if (!row) throw new Error("no experiment was made");
  return row.id;
}

/** As runs side by side log them: batches in turn. */
async function bytesAPoint(): Promise<void> {
  const experimentId = await newExperiment("points");
  const ids = Array.from({ length: quick ? 2 : 20 }, () => newId("run"));
  await db.insert(runs).values(
    ids.map((id) => ({
      id,
      teamId: TEAM,
      experimentId,
      name: id,
      status: "RUNNING",
      userId: "usr_bench",
      startMs: 1_700_000_000_000,
    })),
  );
  const began = performance.now();
  for (let step = 0; step < POINTS / ids.length / KEYS.length; step += BATCH) {
    for (const runId of ids) {
      const metrics = Array.from({ length: BATCH }, (_, at) =>
        KEYS.map((key) => ({
          key,
          step: step + at,
          timestamp: 1_700_000_000_000 + step + at,
          // Spread over all values, and the same in every run.
          value: ((step + at) * GOLDEN) % 1,
        })),
      ).flat();
      await writeMetrics(db, [{ runId, teamId: TEAM, metrics }]);
    }
  }
  const seconds = (performance.now() - began) / 1000;
  const { rows } = await db.execute<{ bytes: number }>(
    sql`select sum(pg_total_relation_size(inhrelid))::float8 / ${POINTS} as bytes from pg_inherits where inhparent = 'run_metrics'::regclass`,
  );
  console.log(
    `\n${POINTS} points in batches of ${BATCH * KEYS.length}: ${(rows[0]?.bytes ?? 0).toFixed(1)} bytes a point with its indexes, ${(POINTS / seconds).toFixed(0)} points/s of one caller`,
  );
}

/** Runs with two metrics and two parameters; every tenth has no accuracy, every hundredth NaN. */
async function manyRuns(): Promise<number> {
  const id = await newExperiment("many");
  await db.execute(sql`insert into runs (id, team_id, experiment_id, name, status, user_id, user_name, start_ms, end_ms)
    select md5('run' || n), ${TEAM}, ${id}, 'run-' || n, 'FINISHED', 'usr_bench', 'Bench', 1700000000000 + n * 1000, 1700000000500 + n * 1000 from generate_series(1, ${RUNS}::int) n`);
  await db.execute(sql`insert into run_params (run_id, key, value, experiment_id, start_ms)
    select r.id, p.key, p.value, r.experiment_id, r.start_ms from runs r cross join lateral (values ('lr', (0.0001 * (1 + r.start_ms / 1000 % 7))::text), ('seed', r.name)) p(key, value) where r.experiment_id = ${id}`);
  await db.execute(sql`insert into run_latest_metrics (run_id, key, step, timestamp_ms, value, is_nan, experiment_id, start_ms, points, gaps, nans, first_ms, changed)
    select r.id, m.key, 1, r.start_ms, case when m.is_nan then 0 else m.value end, m.is_nan, r.experiment_id, r.start_ms, 1, 0, 0, r.start_ms, 0
    from runs r cross join lateral (select r.start_ms / 1000 % 1000000007 as n) x
    cross join lateral (values ('accuracy', abs(hashint8extended(x.n, 1)::float8) / 9.3e18, x.n % 100 = 50), ('loss', abs(hashint8extended(x.n, 2)::float8) / 1e18, false)) m(key, value, is_nan)
    where r.experiment_id = ${id} and not (m.key = 'accuracy' and x.n % 10 = 3)`);
  await db.execute(
    sql`insert into run_tags (run_id, key, value) select id, 'mlflow.runName', name from runs where experiment_id = ${id}`,
  );
  return id;
}

const Found = z.object({
  runs: z.array(z.object({ info: z.object({ run_id: z.string() }) })).default([]),
  next_page_token: z.string().nullish(),
});
const List = z.object({ items: z.array(z.object({ id: z.string() })), nextCursor: z.string().nullable() });

interface Page {
  ids: string[];
  next: string | null;
}
type Ask = (cursor: string | null) => Promise<Page>;

async function answerOf(url: string, init: RequestInit): Promise<unknown> {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

const search =
  (
    base: string,
    headers: Record<string, string>,
    experiment: string,
    more: { order_by: string[]; filter?: string },
  ): Ask =>
  async (cursor) => {
    const body = {
      experiment_ids: [experiment],
      max_results: 100,
      ...more,
      ...(cursor && { page_token: cursor }),
    };
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    };
    const found = Found.parse(await answerOf(`${base}/api/2.0/mlflow/runs/search`, init));
    return { ids: found.runs.map((run) => run.info.run_id), next: found.next_page_token ?? null };
  };

const MOST_PAGES = 60;

/** Walks pages from the first on, every page timed; then from far in, where a cursor can be had without walking. */
async function walk(
  ask: Ask,
  pages: number,
): Promise<{ times: number[]; ids: string[]; cursor: string | null }> {
  const times: number[] = [];
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let n = 0; n < pages; n += 1) {
    const began = performance.now();
    const page = await ask(cursor);
    times.push(performance.now() - began);
    ids.push(...page.ids);
    cursor = page.next;
    if (!cursor) break;
  }
  return { times, ids, cursor };
}

const at = (times: readonly number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
const figures = (times: readonly number[]) =>
  `p50 ${at(times, 0.5).toFixed(1).padStart(6)} ms  p95 ${at(times, 0.95).toFixed(1).padStart(6)} ms`;

async function first(ask: Ask): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < (quick ? 3 : 30); n += 1) times.push(...(await walk(ask, 1)).times);
  return times;
}

const ORDERS: { title: string; more: { order_by: string[]; filter?: string } }[] = [
  { title: "accuracy DESC", more: { order_by: ["metrics.accuracy DESC"] } },
  { title: "accuracy ASC", more: { order_by: ["metrics.accuracy ASC"] } },
  {
    title: "loss ASC where accuracy > 0.9",
    more: { order_by: ["metrics.loss ASC"], filter: "metrics.accuracy > 0.9" },
  },
  { title: "params.lr DESC", more: { order_by: ["params.lr DESC"] } },
  { title: "start ASC", more: { order_by: ["attributes.start_time ASC"] } },
  { title: "newest first", more: { order_by: [] } },
];

try {
  await bytesAPoint();
  const experiment = await manyRuns();
  await db.execute(sql`analyze runs, run_params, run_latest_metrics, run_tags`);
  const portal = await stand.serve("portal");
  const base = `http://127.0.0.1:${portal}`;
  const headers = { authorization: `Bearer ${stand.token}` };
  const mlflow = await startMlflow(stand.ownerUrl, experiment);
  try {
    console.log(`\n${RUNS} runs of one experiment, pages of 100`);
    for (const { title, more } of ORDERS) {
      const ours = search(base, headers, String(experiment), more);
      const firsts = await first(ours);
      const walked = await walk(ours, quick ? 6 : MOST_PAGES);
      console.log(
        `  ${title.padEnd(32)} portal  first ${figures(firsts)}   ${walked.times.length} pages on ${figures(walked.times)}`,
      );
      if (!mlflow) continue;
      const theirs = search(mlflow.url, {}, mlflow.experiment, more);
      const theirFirsts = await first(theirs);
      const theirWalk = await walk(theirs, quick ? 6 : 5);
      const same = theirWalk.ids.every((id, n) => walked.ids[n] === id);
      console.log(
        `  ${"".padEnd(32)} mlflow  first ${figures(theirFirsts)}   ${theirWalk.times.length} pages on ${figures(theirWalk.times)}   ${(at(theirFirsts, 0.5) / at(firsts, 0.5)).toFixed(1)} times ours; ${same ? "same order" : "ANOTHER ORDER"}`,
      );
      if (!same) process.exitCode = 1;
    }
    const list =
      (orderBy: string): Ask =>
      async (cursor) => {
        const url = new URL(`${base}/api/v1/experiments/${experiment}/runs`);
        for (const [key, value] of Object.entries({ orderBy, limit: "200", cursor }))
          if (value) url.searchParams.set(key, value);
        const page = List.parse(await answerOf(url.href, { headers }));
        return { ids: page.items.map((item) => item.id), next: page.nextCursor };
      };
    for (const orderBy of ["metrics.accuracy DESC", ""]) {
      const all = await walk(list(orderBy), RUNS);
      const deep = all.times.slice(Math.floor(all.times.length * 0.8));
      console.log(
        `  every page of the list, 200 runs each, ${(orderBy || "newest first").padEnd(22)} ${figures(all.times)}; of the last fifth ${figures(deep)}; ${new Set(all.ids).size} runs`,
      );
      if (new Set(all.ids).size !== RUNS || all.ids.length !== RUNS) process.exitCode = 1;
    }
    for (const path of ["/api/v1/experiments", `/api/v1/experiments/${experiment}`]) {
      const times: number[] = [];
      for (let n = 0; n < (quick ? 2 : 20); n += 1) {
        const began = performance.now();
        await answerOf(`${base}${path}`, { headers });
        times.push(performance.now() - began);
      }
      console.log(`  GET ${path.replace(String(experiment), "{id}").padEnd(40)} ${figures(times)}`);
    }
  } finally {
    await mlflow?.stop();
  }
} finally {
  await stand.stop();
}
