import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Identified } from "../fixtures/api";
import { csvTable, Job } from "../fixtures/line";
import { waitUntil } from "../fixtures/wait";
import type { RetryingClient } from "./client";
import type { Ledger, LoggedRun } from "./ledger";
import type { People } from "./people";

const Anything = z.unknown();
const FLAVOR = "chaos-gpu";
const mlflow = (path: string) => `/api/2.0/mlflow/${path}`;
const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What people and programs do all the time beside the line, until told to stop. */
export interface Load {
  stop: () => Promise<void>;
  /** From now on requests go to this deployment. */
  serve: (deployment: string) => void;
}

export interface Surroundings {
  people: People;
  gatewayUrl: string;
  ledger: Ledger;
  startsUrl: string;
  random: () => number;
}

const CreatedRun = z.looseObject({
  run: z.looseObject({ info: z.looseObject({ run_id: z.string(), artifact_uri: z.string() }) }),
});

async function startRun(
  client: RetryingClient,
  experimentId: string,
  number: number,
): Promise<LoggedRun & { folder: string }> {
  const name = `chaos run ${number}`;
  const { run } = await client.call(
    CreatedRun,
    "POST",
    mlflow("runs/create"),
    { experiment_id: experimentId, run_name: name, start_time: Date.now() },
    { key: name },
  );
  const folder = run.info.artifact_uri.replace(/^mlflow-artifacts:\//, "");
  return { id: run.info.run_id, name, points: [], params: new Map(), artifacts: [], folder };
}

/** One run: metrics one by one and in batches, a param, an artifact, and its end. */
async function logRun(
  client: RetryingClient,
  experimentId: string,
  number: number,
  ledger: Ledger,
): Promise<void> {
  const run = await startRun(client, experimentId, number);
  ledger.runs.push(run);
  const point = (key: string, step: number) => ({
    key,
    step,
    timestamp: Date.now(),
    value: step + number / 1000,
  });
  for (let step = 0; step < 5; step += 1) {
    const single = point("single", step);
    await client.call(Anything, "POST", mlflow("runs/log-metric"), { run_id: run.id, ...single });
    run.points.push(single);
    const metrics = Array.from({ length: 20 }, (_, index) => point(`batch-${index % 4}`, step * 20 + index));
    const param = { key: `param-${step}`, value: `${number}.${step}` };
    await client.call(Anything, "POST", mlflow("runs/log-batch"), {
      run_id: run.id,
      metrics,
      params: [param],
    });
    run.points.push(...metrics);
    run.params.set(param.key, param.value);
  }
  const bytes = `${"modelworks ".repeat(20_000)}${number}`;
  await client.call(
    Anything,
    "PUT",
    `/api/2.0/mlflow-artifacts/artifacts/${run.folder}/notes/text.txt`,
    undefined,
    {
      raw: bytes,
    },
  );
  run.artifacts.push({ path: `${run.folder}/notes/text.txt`, sha256: sha256(bytes) });
  await client.call(Anything, "POST", mlflow("runs/update"), {
    run_id: run.id,
    status: "FINISHED",
    end_time: Date.now(),
  });
}

const Upload = z.looseObject({ id: z.string(), state: z.string(), versionId: z.string().nullish() });

/** Sends a table until it is a version. A repetition is recognized by its bytes. */
export async function uploadTable(
  client: RetryingClient,
  ledger: Ledger,
  slug: string,
  content: string,
): Promise<string> {
  const begun = await client.call(
    Upload,
    "PUT",
    `/api/v1/datasets/${slug}/uploads/measurements.csv?create=true`,
    undefined,
    { raw: content },
  );
  const done = await waitUntil(
    `upload ${begun.id} of ${slug}`,
    () => client.call(Upload, "GET", `/api/v1/uploads/${begun.id}`),
    ({ state }) => state === "registered" || state === "failed",
    { timeoutMs: 120_000 },
  );
  if (!done.versionId) throw new Error(`The upload of ${slug} failed: ${JSON.stringify(done)}`);
  ledger.datasets.push({ slug, versionId: done.versionId, sha256: sha256(content) });
  return done.versionId;
}

/** A job beside the line. @returns its name */
export async function dispatchSideJob(
  { people, ledger, startsUrl }: Surroundings,
  number: number,
): Promise<string> {
  const name = `Side job ${number}`;
  const script = fs.readFileSync(path.join(import.meta.dirname, "side-job.mjs"), "utf8");
  const job = await people.scientist.call(
    Job,
    "POST",
    "/api/v1/jobs",
    {
      name,
      command: [process.execPath, "--input-type=module", "-e", script],
      params: { starts: startsUrl },
      resources: { cpuMilli: 100, memoryBytes: 256 * 1024 ** 2 },
      outputs: [{ path: "result.csv", dataset: { slug: "side-results", name: "Side results" } }],
      timeLimitSeconds: 120,
      maxAttempts: 3,
    },
    { key: name },
  );
  ledger.jobs.push({ id: job.id, name });
  return name;
}

/** A kind of GPU that no machine here has, so that there is something to ask for. */
export const declareGpus = (platform: RetryingClient) =>
  platform.call(
    Anything,
    "PUT",
    `/api/v1/quota/flavors/${FLAVOR}`,
    { title: "Chaos GPU", capacityMilli: 100_000 },
    { key: "flavor" },
  );

/** Asks for GPUs, and the platform engineer grants it. */
async function requestGpus({ people, ledger }: Surroundings, number: number): Promise<void> {
  const why = `For round ${number} of the storm`;
  const until = new Date(Date.now() + 7 * 86_400_000).toISOString();
  const { id } = await people.scientist.call(
    Identified,
    "POST",
    "/api/v1/quota/requests",
    { flavor: FLAVOR, amountMilli: 100, until, why },
    { key: why },
  );
  ledger.quotaRequests.push({ id, why });
  await people.platform.call(
    Anything,
    "POST",
    `/api/v1/quota/requests/${id}/decision`,
    { decision: "approve", reason: "There are enough of them." },
    { key: why },
  );
}

const Inferred = z.looseObject({ id: z.string() });
const Told = z.looseObject({ results: z.array(z.looseObject({ outcome: z.string() })) });
const rowOf = (random: () => number) => [
  20 + Math.round(random() * 60),
  20 + Math.round(random() * 15),
  80 + Math.round(random() * 40),
];

/** Requests to a deployment, and what really came of it: 1 for nine rows of ten. */
async function ask({ people, gatewayUrl, ledger, random }: Surroundings, deployment: string): Promise<void> {
  const answered = await people.scientist.at(gatewayUrl).call(
    z.union([Inferred, z.looseObject({ error: z.string() })]),
    "POST",
    `/v2/models/${deployment}/infer`,
    { inputs: [{ name: "features", shape: [1, 3], datatype: "FP32", data: rowOf(random) }] },
    // A gateway that has just started may not know the newest deployment yet.
    { accept: [404] },
  );
  if (!("id" in answered) || typeof answered.id !== "string") return;
  ledger.predictions.push(answered.id);
  ledger.feedback.set(answered.id, random() < 0.9 ? "1" : "0");
}

async function tell({ people, ledger }: Surroundings, told: Set<string>): Promise<void> {
  const items = [...ledger.feedback]
    .filter(([id]) => !told.has(id))
    .slice(0, 100)
    .map(([predictionId, value]) => ({ predictionId, value: Number(value) }));
  if (items.length === 0) return;
  const { results } = await people.scientist.call(Told, "POST", "/api/v1/feedback", { items });
  const odd = results.filter(({ outcome }) => !["recorded", "unchanged", "pending"].includes(outcome));
  if (odd.length > 0) throw new Error(`Feedback was refused: ${JSON.stringify(odd.slice(0, 3))}`);
  for (const { predictionId } of items) told.add(predictionId);
}

/** Starts everything; the first failure is thrown by `stop`. */
export function startLoad(around: Surroundings, experimentId: string): Load {
  const { people, ledger } = around;
  let stopped = false;
  let deployment: string | undefined;
  // What an earlier load told need not be told again.
  const told = new Set(ledger.feedback.keys());
  const loop = async (pauseMs: number, work: (number: number) => Promise<void>) => {
    while (!stopped) {
      await work(ledger.next());
      await pause(pauseMs);
    }
  };
  const traffic = () => loop(110, async () => (deployment ? ask(around, deployment) : undefined));
  const loops = [
    loop(1_000, (number) => logRun(people.scientist, experimentId, number, ledger)),
    loop(20_000, async (number) => {
      await uploadTable(people.scientist, ledger, `side-${number % 2}`, csvTable(60, number));
    }),
    loop(15_000, async (number) => void (await dispatchSideJob(around, number))),
    loop(5_000, (number) => requestGpus(around, number)),
    loop(300, () => tell(around, told)),
    traffic(),
    traffic(),
  ];
  const all = Promise.all(loops);
  all.catch(() => (stopped = true));
  return {
    serve: (name) => (deployment = name),
    stop: async () => {
      stopped = true;
      await all;
      while (told.size < ledger.feedback.size) await tell(around, told);
    },
  };
}
