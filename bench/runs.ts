/**
 * Runs that are begun, changed and given a parameter over the MLflow wire, at 1, 8 and 32 callers, beside a real MLflow server on the same
 * database server: `npm run bench:runs`. Ours writes an audit row and an event with each run and checks who calls; the worker's sealer and
 * dispatcher run beside it. `-- --alone` leaves MLflow out.
 */
import { z } from "zod";
import { compare, printMachine } from "./measure";
import { startMlflow } from "./mlflow";
import { benchStand } from "./setup";

const CALLERS = [1, 8, 32];
const Created = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
const API = "/api/2.0/mlflow/runs";
const body = JSON.stringify({ experiment_id: "0", start_time: 1_700_000_000_000 });

printMachine();
const stand = await benchStand();
const stops = [stand.stop];
try {
  const servers: Record<string, { port: number; headers: Record<string, string> }> = {
    portal: { port: await stand.serve("portal"), headers: { authorization: `Bearer ${stand.token}` } },
  };
  await stand.serve("background");
  if (!process.argv.includes("--alone")) {
    const mlflow = await startMlflow(stand.ownerUrl);
    stops.unshift(mlflow.stop);
    servers.mlflow = { port: mlflow.port, headers: {} };
  }
  const runsOf = new Map<string, string[]>();
  for (const [name, { port, headers }] of Object.entries(servers)) {
    const created: string[] = [];
    for (let number = 0; number < Math.max(...CALLERS); number += 1) {
      const answer = await fetch(`http://127.0.0.1:${port}${API}/create`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json", connection: "close" },
        body,
      });
      created.push(Created.parse(await answer.json()).run.info.run_id);
    }
    runsOf.set(name, created);
  }
  const loadsOf = (path: string, bodyOf: (runId: string) => string) =>
    Object.fromEntries(
      Object.entries(servers).map(([name, server]) => [
        name,
        {
          ...server,
          path: `${API}/${path}`,
          body: (connection: number) => bodyOf(runsOf.get(name)?.[connection] ?? ""),
        },
      ]),
    );
  let count = 0;
  const next = () => (count += 1);
  for (const callers of CALLERS) {
    await compare(
      "runs/create",
      loadsOf("create", () => body),
      callers,
    );
    await compare(
      "runs/update, a run each",
      loadsOf("update", (run_id) =>
        JSON.stringify({ run_id, status: "RUNNING", run_name: `name-${next()}` }),
      ),
      callers,
    );
    await compare(
      "log-parameter, a run each",
      loadsOf("log-parameter", (run_id) => JSON.stringify({ run_id, key: `key-${next()}`, value: "0.1" })),
      callers,
    );
  }
} finally {
  for (const stop of stops) await stop();
}
