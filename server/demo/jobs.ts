import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { defineWorkflow, startWorkflow, type Workflow } from "@/server/durable/port";
import { on } from "@/server/kit/handlers";
import {
  approve,
  askForReview,
  deployTo,
  dispatch,
  endOf,
  judgedVersion,
  producedVersion,
  rolloutEnd,
} from "./steps";

const POLL_MS = 2_000;
const MOST_POLLS = 1_800;
/** As long as a job may run: the traffic of the demo ends when someone cancels it. */
const UNTIL_STOPPED_SECONDS = 30 * 86_400;

/** Asks again every 2 s, durably, until there is an answer; gives up after an hour. */
async function until<T>(wf: Workflow, name: string, ask: () => Promise<T | null>): Promise<T> {
  for (let round = 0; round < MOST_POLLS; round += 1) {
    const answer = await wf.step(`${name} ${round}`, ask);
    if (answer !== null) return answer;
    await wf.sleep(POLL_MS);
  }
  throw new Error(`${name}: nothing came within an hour`);
}

async function finished(wf: Workflow, what: string, jobId: string): Promise<void> {
  const state = await until(wf, `${what} ends`, () => endOf(jobId));
  if (state !== "succeeded") throw new Error(`${what} ended as ${state}; its page /jobs/${jobId} says why`);
}

async function train(
  wf: Workflow,
  key: string,
  name: string,
  datasetVersionId: string,
  params: Record<string, string | number>,
) {
  const jobId = await wf.step(`dispatch ${key}`, () =>
    dispatch(key, "tabular-classifier", {
      name,
      params,
      inputs: [{ name: "dataset", datasetVersionId }],
      outputs: [
        { path: "heldout.csv", dataset: { slug: "diabetes-heldout", name: "Diabetes, held-out rows" } },
      ],
    }),
  );
  await finished(wf, name, jobId);
  const version = await until(wf, `${key} judged`, () => judgedVersion(jobId));
  return { jobId, version };
}

/**
 * The demo: real jobs on a real public data set, through every station, by the demo accounts. The first version goes to production, a
 * second follows as a canary, and a third that is degraded on purpose waits in the review queue for whoever wants to see a rollback.
 */
defineWorkflow("demo.run-line", async (wf) => {
  const datasetJob = await wf.step("dispatch dataset", () =>
    dispatch("dataset", "diabetes-dataset", {
      name: "Produce the diabetes dataset",
      outputs: [{ path: "diabetes.parquet", dataset: { slug: "diabetes", name: "Diabetes progression" } }],
    }),
  );
  await finished(wf, "The dataset job", datasetJob);
  const dataset = await until(wf, "dataset registered", () => producedVersion(datasetJob, "diabetes"));

  const first = await train(wf, "train-1", "Train the first version", dataset, {});
  const firstReview = await wf.step("ask review 1", () =>
    askForReview(
      first.version,
      "First version of the diabetes progression model: the baseline that later versions are compared with.",
    ),
  );
  await wf.step("approve 1", () => approve(firstReview));
  await wf.step("staging 1", () => deployTo("staging", first.version));
  const production = await wf.step("production 1", () => deployTo("production", first.version));

  const heldout = await until(wf, "held-out rows registered", () =>
    producedVersion(first.jobId, "diabetes-heldout"),
  );
  await wf.step("replay", () =>
    dispatch("replay", "replay", {
      name: "Replay held-out rows",
      params: { deployment: production.name, rate: 20, feedbackDelaySeconds: 2, durationSeconds: 0 },
      timeLimitSeconds: UNTIL_STOPPED_SECONDS,
      inputs: [{ name: "heldout", datasetVersionId: heldout }],
    }),
  );

  const second = await train(wf, "train-2", "Train the second version", dataset, {
    iterations: 200,
    learningRate: 0.1,
  });
  const secondReview = await wf.step("ask review 2", () =>
    askForReview(
      second.version,
      "Trained longer and with a larger learning rate than the first version; same data, same threshold.",
    ),
  );
  await wf.step("approve 2", () => approve(secondReview));
  const canary = await wf.step("production 2", () => deployTo("production", second.version));

  const third = await train(wf, "train-3", "Train a version with serving skew", dataset, {
    degrade: "serving-skew",
  });
  await wf.step("ask review 3", () =>
    askForReview(
      third.version,
      "This version carries a fault on purpose: its ONNX file standardises features wrongly, which offline evaluation cannot see. Approve it as the demo reviewer and deploy it to production to watch the canary roll it back.",
    ),
  );
  const { rolloutId } = canary;
  if (rolloutId) await until(wf, "rollout ends", () => rolloutEnd(rolloutId));
});

on("identity.demo_requested", "demo.run-line", async ({ event }) => {
  if (!env().demoLine) return;
  await startWorkflow("demo.run-line", { id: `demo-line-${event.teamId}`, input: {} });
  log.info("the demo line has started");
});
