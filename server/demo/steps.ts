import { and, desc, eq, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { readableRuns } from "@/server/experiments";
import { readableDatasetVersions, readableDatasets } from "@/server/datasets";
import { dispatchJob, jobOf } from "@/server/compute";
import { decideReview, readableReviews } from "@/server/governance";
import { readableVersions, requestVersionReview, versionOf } from "@/server/registry";
import { deploy, getRollout, previewDeploy } from "@/server/serving";
import { demoPlan } from "./plan";
import { asDemoPerson } from "./people";

const ENDED = new Set(["succeeded", "failed", "cancelled"]);
const REVIEW_REASON =
  "Approved by the demo script in the name of the demo reviewer, so that the line can be watched without waiting. In your own factory a person decides.";

/** Dispatches a template's job once, however often the step readableRuns. */
export async function dispatch(
  key: string,
  template: string,
  input: {
    name: string;
    params?: Record<string, string | number>;
    inputs?: { name: string; datasetVersionId: string }[];
    outputs?: { path: string; dataset: { slug: string; name: string } }[];
    timeLimitSeconds?: number;
  },
): Promise<string> {
  const ctx = await asDemoPerson("scientist@demo.local");
  const job = await dispatchJob.within(ctx, {
    template: { name: template },
    dedupKey: `demo-${key}`,
    maxAttempts: 2,
    ...input,
  });
  return job.id;
}

/** How a job ended; null while it has not. */
export async function endOf(jobId: string): Promise<string | null> {
  const job = await jobOf(await asDemoPerson("scientist@demo.local"), jobId);
  return ENDED.has(job.state) ? job.state : null;
}

/** The dataset version that a job produced under a slug; null while it is being inspected. */
export async function producedVersion(jobId: string, slug: string): Promise<string | null> {
  const [row] = await db()
    .select({ id: readableDatasetVersions.id })
    .from(readableDatasetVersions)
    .innerJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
    .where(and(eq(readableDatasets.slug, slug), eq(readableDatasetVersions.producedByJobId, jobId)));
  if (row) return row.id;
  // The same bytes as an earlier version give that version.
  const [same] = await db()
    .select({ id: readableDatasetVersions.id })
    .from(readableDatasetVersions)
    .innerJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
    .where(
      and(
        eq(readableDatasets.slug, slug),
        sql`exists (select 1 from uploads u where u.version_id = ${readableDatasetVersions.id} and u.produced_by_job_id = ${jobId})`,
      ),
    );
  return same?.id ?? null;
}

/** The judged version that a training job registered; null while its gates run. */
export async function judgedVersion(
  jobId: string,
): Promise<{ id: string; model: string; number: number } | null> {
  const [row] = await db()
    .select({ id: readableVersions.id, state: readableVersions.state, teamId: readableVersions.teamId })
    .from(readableVersions)
    .innerJoin(readableRuns, eq(readableRuns.id, readableVersions.runId))
    .where(eq(readableRuns.jobId, jobId))
    .orderBy(desc(readableVersions.createdAt))
    .limit(1);
  if (!row || row.state === "pending") return null;
  const version = await versionOf(await asDemoPerson("scientist@demo.local"), row.id);
  return { id: version.id, model: version.modelName, number: version.number };
}

/** Asks for a review once; an open or approved one of the same version is taken instead. */
export async function askForReview(
  version: { id: string; model: string; number: number },
  rationale: string,
): Promise<string> {
  const [earlier] = await db()
    .select({ id: readableReviews.id, state: readableReviews.state })
    .from(readableReviews)
    .where(and(eq(readableReviews.subjectKind, "model_version"), eq(readableReviews.subjectId, version.id)))
    .orderBy(desc(readableReviews.createdAt))
    .limit(1);
  if (earlier && (earlier.state === "open" || earlier.state === "approved")) return earlier.id;
  const ctx = await asDemoPerson("scientist@demo.local");
  const asked = await requestVersionReview.within(ctx, {
    name: version.model,
    version: version.number,
    environment: "production",
    rationale,
  });
  return asked.reviewId;
}

/** Approves in the name of the demo reviewer, once. */
export async function approve(reviewId: string): Promise<void> {
  const [review] = await db()
    .select({ state: readableReviews.state })
    .from(readableReviews)
    .where(eq(readableReviews.id, reviewId));
  if (review?.state === "approved") return;
  const ctx = await asDemoPerson("reviewer@demo.local");
  await decideReview.within(ctx, { reviewId, decision: "approve", reason: REVIEW_REASON });
}

/** Deploys a version; a canary when production serves another already. */
export async function deployTo(
  environment: "staging" | "production",
  version: { model: string; number: number },
): Promise<{ name: string; rolloutId: string | null }> {
  const ctx = await asDemoPerson("scientist@demo.local");
  const target = { model: version.model, version: version.number, environment };
  const { plan } = await previewDeploy.within(ctx, target);
  const { name, rolloutId } = await deploy.within(ctx, {
    ...target,
    plan: environment === "production" ? demoPlan(plan.criteria.slowShare?.latencyBoundMs) : undefined,
  });
  return { name, rolloutId };
}

/** How a rollout ended; null while it is under way. */
export async function rolloutEnd(rolloutId: string): Promise<string | null> {
  const rollout = await getRollout.within(await asDemoPerson("scientist@demo.local"), { rolloutId });
  return rollout.finishedAt ? rollout.state : null;
}
