import { db } from "@/db/client";
import { cluster } from "@/server/composition";
import { log } from "@/server/core/log";
import { defineWorkflow, startWorkflow, workflowStatuses } from "@/server/durable/port";
import { notify } from "@/server/notifications";
import { every, everywhere, on } from "@/server/kit/handlers";
import { admitJobs, openAttempts } from "./admit-jobs";
import { grantBaseQuotas, stateMachine } from "./base-quotas";
import { linkOutput } from "./link-output";
import { ingestOutputs } from "./ingest-outputs";
import { keepAttempts } from "./keep-attempts";
import { jobOf } from "./load";
import { endCancelledOfAbsent } from "./end-absent";
import { followHere } from "./follow-here";
import { expireQuotas } from "./expire-quotas";
import { reconcileCluster } from "./reconcile-cluster";
import { submitAttempt, watchAttempt } from "./run-attempt";
import { jobHref } from "./kinds";

const WORKFLOW = "compute.run-job";

/** One attempt from start to end. Both steps may be repeated at any moment: they look before they act. */
defineWorkflow<{ attemptId: string }>(WORKFLOW, async (wf, { attemptId }) => {
  await wf.step("submit", () => submitAttempt(db(), attemptId));
  await wf.step("watch", () => watchAttempt(db(), attemptId));
});

/** Starts what fits; then every attempt that was promised is started or, after a crash, taken up again. */
async function admitAndStart(): Promise<void> {
  await admitJobs(db());
  await keepAttempts(await openAttempts(db()), {
    statuses: workflowStatuses,
    start: (id, attemptId) => startWorkflow(WORKFLOW, { id, input: { attemptId } }),
  });
}

let capacityStated = false;
async function stateOwnCapacity(): Promise<void> {
  if (capacityStated) return;
  await stateMachine(db(), await cluster().place(), await cluster().machine());
  capacityStated = true;
}

every(
  "compute.admit",
  1_000,
  async () => {
    await stateOwnCapacity();
    await expireQuotas(db());
    await admitAndStart();
  },
  { twice: "admission holds the ledger's lock, and an attempt has one workflow by its name" },
);
everywhere("compute.reconcile", 15_000, async () => {
  const { endedOrphans, missing } = await reconcileCluster(db());
  if (endedOrphans + missing > 0) log.warn({ endedOrphans, missing }, "cluster brought in line");
});
everywhere("compute.follow-here", 1_000, () => followHere(db()));
every(
  "compute.end-absent",
  15_000,
  async () => {
    const ended = await endCancelledOfAbsent(db());
    if (ended > 0) log.warn({ ended }, "cancelled jobs of an absent machine ended");
  },
  { twice: "an attempt's end is recorded once" },
);

on("identity.team_created", "compute.base-quotas", ({ ctx, event }) =>
  grantBaseQuotas(ctx, event.payload.teamId),
);

on("compute.job_queued", "compute.admit", admitAndStart);
on("compute.job_finished", "compute.admit", admitAndStart);
on("compute.quota_changed", "compute.admit", admitAndStart);

on("compute.job_finished", "compute.ingest-outputs", async ({ ctx, event }) => {
  if (event.payload.state === "succeeded") await ingestOutputs(ctx, event.payload.jobId);
});
on("datasets.version_created", "compute.link-output", ({ ctx, event }) =>
  linkOutput(ctx, event.payload.versionId),
);

on("compute.job_finished", "compute.notify", async ({ ctx, event }) => {
  const job = await jobOf(ctx, event.payload.jobId);
  if (job.state !== "failed") return;
  await notify(ctx, {
    userIds: [job.createdBy],
    dedupKey: `job_finished:${job.id}`,
    kind: "job",
    title: `Job ${job.name} failed`,
    body: job.reasonText,
    href: jobHref(job.id),
    reason: "You dispatched the job",
    subject: { kind: "job", id: job.id },
  });
});
