import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { Client } from "pg";

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** The experiment's rows as MLflow keeps them. */
async function copyRows(client: Client, source: string, experiment: number): Promise<void> {
  const from = new Client({ connectionString: source });
  await from.connect();
  const copy = async (select: string, insert: string) => {
    const { rows } = await from.query<{ all: unknown }>(
      `select coalesce(jsonb_agg(x), '[]') as all from (${select}) x`,
      [experiment],
    );
    await client.query(insert, [JSON.stringify(rows[0]?.all)]);
  };
  await client.query(
    "insert into experiments (experiment_id, name, artifact_location, lifecycle_stage) values (1, 'many', 'mlflow-artifacts:/1', 'active')",
  );
  await copy(
    "select id, name, start_ms, end_ms from runs where experiment_id = $1",
    `insert into runs (run_uuid, name, source_type, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id, user_id)
     select id, name, 'UNKNOWN', 'FINISHED', start_ms, end_ms, 'active', 'mlflow-artifacts:/1/' || id || '/artifacts', 1, 'bench'
     from jsonb_to_recordset($1) r(id text, name text, start_ms bigint, end_ms bigint)`,
  );
  await copy(
    "select run_id, key, value from run_params where experiment_id = $1",
    "insert into params (run_uuid, key, value) select run_id, key, value from jsonb_to_recordset($1) r(run_id text, key text, value text)",
  );
  await copy(
    "select t.run_id, t.key, t.value from run_tags t join runs r on r.id = t.run_id where r.experiment_id = $1",
    "insert into tags (run_uuid, key, value) select run_id, key, value from jsonb_to_recordset($1) r(run_id text, key text, value text)",
  );
  await copy(
    "select run_id, key, step, timestamp_ms, value, is_nan from run_latest_metrics where experiment_id = $1",
    `insert into latest_metrics (run_uuid, key, step, timestamp, value, is_nan) select run_id, key, step, timestamp_ms, value, is_nan
     from jsonb_to_recordset($1) r(run_id text, key text, step bigint, timestamp_ms bigint, value float8, is_nan boolean)`,
  );
  await client.query("analyze");
  await from.end();
}

const GIVE_UP_MS = 120_000;

/** A real MLflow server on a database of its own beside ours; undefined where BENCH_MLFLOW names no Python. */
export async function startMlflow(ownerUrl: string, experiment: number) {
  const python = process.env.BENCH_MLFLOW;
  if (!python) {
    console.log("\nBENCH_MLFLOW names no Python with mlflow and psycopg2: MLflow is left out");
    return undefined;
  }
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query("create database mlflow");
  await owner.end();
  const store = new URL(ownerUrl);
  store.pathname = "/mlflow";
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    python,
    [
      "-m",
      "mlflow",
      "server",
      "--backend-store-uri",
      store.href.replace(/^postgres:/, "postgresql+psycopg2:"),
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
      "--workers",
      "2",
    ],
    { stdio: "ignore", detached: true, env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: "true" } },
  );
  const stop = async () => {
    if (child.pid && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  };
  const until = Date.now() + GIVE_UP_MS;
  const answers = () =>
    fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
  while (!(await answers())) {
    if (Date.now() > until || child.exitCode !== null) {
      await stop();
      throw new Error("the MLflow server did not start");
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const client = new Client({ connectionString: store.href });
  await client.connect();
  await copyRows(client, ownerUrl, experiment);
  await client.end();
  return { url, experiment: "1", stop };
}
