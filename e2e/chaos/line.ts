import fs from "node:fs";
import path from "node:path";
import { z } from "zod";
import { csvTable, Job, Version } from "../fixtures/line";
import { card, contract, onnxClassifier } from "../fixtures/onnx";
import { waitUntil } from "../fixtures/wait";
import type { Ledger } from "./ledger";
import { uploadTable } from "./load";
import type { People } from "./people";

export const MODEL = "chaos-model";
export const DEPLOYMENT = "chaos-model";
const PATIENCE = { timeoutMs: 150_000, everyMs: 400 };

export interface Story {
  people: People;
  ledger: Ledger;
  /** Where jobs report that they began. */
  startsUrl: string;
}

const GOOD = [-1, 1, -1, 1, -1, 1];
const BETTER = [-1, 1, -1, 1, -0.9, 0.9];
/** Says 0 where the others say 1. */
const DEGRADED = [1, -1, 1, -1, 1, -1];
export const WEIGHTS = [GOOD, BETTER, DEGRADED] as const;

/** Short stages that end as soon as nothing is shown worse, judged by errors and accuracy: latency says nothing while processes are killed. */
const PLAN = {
  stages: [
    { sharePercent: 30, minRequests: 40, maxDurationMs: 3_600_000 },
    { sharePercent: 60, minRequests: 40, maxDurationMs: 3_600_000 },
  ],
  criteria: {
    advanceWhen: "not-worse",
    errorRate: { maxIncrease: 0.05 },
    accuracy: { maxDrop: 0.2, minFeedback: 80 },
    alpha: 0.001,
  },
};

/** Data, training, registration and gates of one version. @returns its number, which must be `number` */
async function trainVersion({ people, ledger, startsUrl }: Story, number: number): Promise<void> {
  const { scientist } = people;
  const datasetVersionId = await uploadTable(scientist, ledger, "measurements", csvTable(200, number));
  const name = `Train version ${number}`;
  const job = await scientist.call(
    Job,
    "POST",
    "/api/v1/jobs",
    {
      name,
      command: [
        process.execPath,
        "--input-type=module",
        "-e",
        fs.readFileSync(path.join(import.meta.dirname, "..", "fixtures", "train.mjs"), "utf8"),
      ],
      resources: { cpuMilli: 500, memoryBytes: 512 * 1024 ** 2 },
      timeLimitSeconds: 150,
      params: {
        metric: "accuracy",
        threshold: 0.7,
        groups: "sex",
        experiment: "chaos training",
        register: MODEL,
        right: 9,
        starts: startsUrl,
        patience_ms: "90000",
        contract: JSON.stringify(contract),
        card: JSON.stringify(card),
        model: onnxClassifier(WEIGHTS[number - 1]).toString("base64"),
      },
      inputs: [{ name: "dataset", datasetVersionId }],
    },
    { key: name },
  );
  ledger.jobs.push({ id: job.id, name });
  const ended = await waitUntil(
    `${name} (${job.id})`,
    () => scientist.call(Job, "GET", `/api/v1/jobs/${job.id}`),
    ({ state }) => ["succeeded", "failed", "cancelled"].includes(state),
    PATIENCE,
  );
  if (ended.state !== "succeeded") throw new Error(`${name} ${ended.state}: ${JSON.stringify(ended)}`);
  const judged = await waitUntil(
    `gates of version ${number}`,
    () => scientist.call(Version, "GET", `/api/v1/models/${MODEL}/versions/${number}`),
    ({ gatesOutcome }) => typeof gatesOutcome === "string",
    PATIENCE,
  );
  if (judged.gatesOutcome !== "pass")
    throw new Error(`The gates of version ${number} say ${judged.gatesOutcome}.`);
}

async function review({ people }: Story, number: number): Promise<void> {
  const { reviewId } = await people.scientist.call(
    z.looseObject({ reviewId: z.string() }),
    "POST",
    `/api/v1/models/${MODEL}/versions/${number}/reviews`,
    { environment: "production", rationale: "It passed every gate." },
    { key: `review ${number}` },
  );
  await people.reviewer.call(
    z.unknown(),
    "POST",
    `/api/v1/reviews/${reviewId}/decision`,
    { decision: "approve", reason: "Checked." },
    { key: `decision ${number}` },
  );
}

const Deployed = z.looseObject({ rolloutId: z.string().nullable() });
const Rollout = z.looseObject({ state: z.string(), stateReason: z.string() });

async function deploy({ people }: Story, number: number): Promise<string | null> {
  const body = { model: MODEL, version: number, environment: "production", name: DEPLOYMENT, plan: PLAN };
  const { rolloutId } = await people.scientist.call(Deployed, "POST", "/api/v1/deployments", body, {
    key: `deploy ${number}`,
  });
  return rolloutId;
}

/** One version from its data to production. @returns the rollout, when it was a canary */
export async function bringToProduction(story: Story, number: number): Promise<string | null> {
  await trainVersion(story, number);
  await review(story, number);
  return deploy(story, number);
}

/** Waits until a canary has ended by itself, in this state. */
export async function rolloutEnds({ people }: Story, rolloutId: string, wanted: string): Promise<void> {
  const ended = await waitUntil(
    `the rollout ${rolloutId}`,
    () => people.scientist.call(Rollout, "GET", `/api/v1/rollouts/${rolloutId}`),
    ({ state }) => ["succeeded", "rolled_back", "aborted"].includes(state),
    PATIENCE,
  );
  if (ended.state !== wanted) throw new Error(`The rollout ${ended.state}: ${ended.stateReason}`);
}
