/**
 * log-metric and log-batch of the portal against a bare Hono server with one insert: `npm run bench:tracking`. Both are durable and answer
 * after the commit. The portal also checks token, permission, limits and the run, refuses doubles and keeps latest values.
 */
import { z } from "zod";
import { compare, printMachine } from "./measure";
import { benchStand } from "./setup";

const RUNS = 32;
const Created = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });

printMachine();
const stand = await benchStand();
const [portal, bare] = await Promise.all([stand.serve("portal"), stand.serve("bare")]);
const api = "/api/2.0/mlflow/runs";
const headers = { authorization: `Bearer ${stand.token}` };

async function createRun(): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${portal}${api}/create`, {
    method: "POST",
    headers,
    body: "{}",
  });
  return Created.parse(await answer.json()).run.info.run_id;
}

let step = 0;
const point = () => {
  step += 1;
  return { key: "loss", value: 1 / step, timestamp: 1_700_000_000_000 + step, step };
};
const metric = (run_id: string) => JSON.stringify({ run_id, ...point() });
const batch = (run_id: string) => JSON.stringify({ run_id, metrics: Array.from({ length: 100 }, point) });
const pair = (name: string, body: (connection: number) => string) => ({
  portal: { port: portal, path: `${api}/${name}`, headers, body },
  "bare Hono + insert": { port: bare, path: `/${name}`, body },
});

try {
  const runs = await Promise.all(Array.from({ length: RUNS }, createRun));
  const runOf = (connection: number) => runs[connection] ?? "";
  await compare(
    "log-metric, all to one run",
    pair("log-metric", () => metric(runOf(0))),
    RUNS,
  );
  await compare(
    "log-metric, a run each",
    pair("log-metric", (n) => metric(runOf(n))),
    RUNS,
  );
  await compare(
    "log-batch of 100 points, a run each",
    pair("log-batch", (n) => batch(runOf(n))),
    RUNS,
  );
  await compare(
    "log-metric, one caller",
    pair("log-metric", () => metric(runOf(0))),
    1,
  );
} finally {
  await stand.stop();
}
