import { and, asc, desc, eq, gte, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { deployments, driftReports, predictions } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { raiseAlert, resolveAlerts } from "../raise-alert";
import { judgeDrift, type DriftVerdict, type FeatureSamples } from "../stats";
import { matchColumns, trainingDataOf } from "./reference";
import { againstCounts, againstRequests } from "./samples";
import { columnsOf, type FeatureValue } from "./tensors";

/** Newest requests that are compared. */
const WINDOW = 1_000;
/** First requests of the version that serve as reference when its training data cannot be reached. */
const FIRST = 500;
const WINDOW_MS = 7 * 86_400_000;
export const MIN_VALUES = 50;

export interface DriftReference {
  kind: "training-data" | "first-requests";
  label: string;
  href: string | null;
  rows: number;
  window: { from: string | null; to: string | null; requests: number };
}

interface Window {
  from: Date | null;
  to: Date | null;
  requests: number;
  columns: Map<string, FeatureValue[]>;
  /** Times of its first row, to know where the reference must end. */
  firstAt: Date | null;
}

type DeploymentRow = Pick<
  typeof deployments.$inferSelect,
  "id" | "teamId" | "name" | "ownerId" | "stableVersionId"
>;

const served = (deploymentId: string, versionId: string) =>
  and(
    eq(predictions.deploymentId, deploymentId),
    eq(predictions.versionId, versionId),
    isNotNull(predictions.predicted),
  );

async function loadWindow(ctx: Ctx, deploymentId: string, versionId: string): Promise<Window> {
  const rows = await ctx.db
    .select({ at: predictions.at, inputs: predictions.inputs })
    .from(predictions)
    .where(
      and(served(deploymentId, versionId), gte(predictions.at, new Date(ctx.now().getTime() - WINDOW_MS))),
    )
    .orderBy(desc(predictions.at), desc(predictions.id))
    .limit(WINDOW);
  const oldest = rows.at(-1)?.at ?? null;
  return {
    from: oldest,
    to: rows[0]?.at ?? null,
    requests: rows.length,
    columns: columnsOf(rows.map((row) => row.inputs)),
    firstAt: oldest,
  };
}

async function firstRequests(ctx: Ctx, deploymentId: string, versionId: string, before: Date | null) {
  if (!before) return [];
  return ctx.db
    .select({ inputs: predictions.inputs })
    .from(predictions)
    .where(and(served(deploymentId, versionId), lt(predictions.at, before)))
    .orderBy(asc(predictions.at), asc(predictions.id))
    .limit(FIRST);
}

interface Comparison {
  reference: Omit<DriftReference, "window">;
  samples: FeatureSamples[];
}

async function compare(
  ctx: Ctx,
  deploymentId: string,
  versionId: string,
  window: Window,
): Promise<Comparison> {
  const training = await trainingDataOf(ctx, versionId);
  const matched = training && matchColumns([...window.columns.keys()], training.columns);
  if (training && matched && matched.size > 0) {
    const samples = [...window.columns].flatMap(([feature, values]) => {
      const column = matched.get(feature);
      const sample = column && againstCounts(column.name, column, values);
      return sample ? [sample] : [];
    });
    const { label, href, rows } = training;
    return {
      reference: { kind: "training-data", label: `the training data, ${label}`, href, rows },
      samples,
    };
  }
  const first = await firstRequests(ctx, deploymentId, versionId, window.firstAt);
  const before = columnsOf(first.map((row) => row.inputs));
  return {
    reference: {
      kind: "first-requests",
      label: `the version's first requests, because its training data cannot be matched with them`,
      href: null,
      rows: first.length,
    },
    samples: [...window.columns].map(([feature, values]) =>
      againstRequests(feature, before.get(feature) ?? [], values),
    ),
  };
}

function overall(verdicts: readonly DriftVerdict[]): "drift" | "no-drift" | "not-enough-data" {
  if (verdicts.some((each) => each.status === "drift")) return "drift";
  return verdicts.some((each) => each.status === "no-drift") ? "no-drift" : "not-enough-data";
}

async function tellAlert(
  ctx: Ctx,
  deployment: DeploymentRow,
  verdicts: readonly DriftVerdict[],
): Promise<void> {
  const verdict = overall(verdicts);
  if (verdict === "no-drift") {
    await resolveAlerts(ctx, {
      kind: "drift",
      subjectId: deployment.id,
      reason: "The newest requests look like the reference again.",
    });
  }
  if (verdict !== "drift") return;
  const names = verdicts.filter((each) => each.status === "drift").map((each) => each.feature);
  await raiseAlert(ctx, {
    fingerprint: `drift:${deployment.id}`,
    kind: "drift",
    severity: "warning",
    title: `Inputs of ${deployment.name} have drifted`,
    body: `${names.length} of ${verdicts.length} features differ from the reference, beyond chance and by more than a trifle: ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}.`,
    href: `/monitoring/${deployment.name}#drift`,
    subject: { kind: "deployment", id: deployment.id },
    ownerId: deployment.ownerId,
  });
}

/** Compares a deployment's newest requests with what its version learned from, and writes a report. Returns its verdict. */
export async function reportDrift(ctx: Ctx, deployment: DeploymentRow): Promise<string | undefined> {
  const versionId = deployment.stableVersionId;
  if (!versionId) return undefined;
  const window = await loadWindow(ctx, deployment.id, versionId);
  if (window.requests === 0) return undefined;
  const { reference, samples } = await compare(ctx, deployment.id, versionId, window);
  const verdicts = judgeDrift(samples, { minValues: MIN_VALUES });
  const full: DriftReference = {
    ...reference,
    window: {
      from: window.from?.toISOString() ?? null,
      to: window.to?.toISOString() ?? null,
      requests: window.requests,
    },
  };
  await ctx.db.insert(driftReports).values({
    id: newId("report"),
    teamId: deployment.teamId,
    deploymentId: deployment.id,
    versionId,
    reference: full,
    features: verdicts,
    verdict: overall(verdicts),
    at: ctx.now(),
  });
  await tellAlert(ctx, deployment, verdicts);
  await notifyLive(ctx.db, deployment.teamId, "monitoring", `deployment:${deployment.id}`);
  return overall(verdicts);
}

/** Reports on every deployment that got requests since its last report. */
export async function reportAllDrift(db: Db, actingFor: (teamId: string) => Ctx): Promise<void> {
  const due = await db
    .select({
      id: deployments.id,
      teamId: deployments.teamId,
      name: deployments.name,
      ownerId: deployments.ownerId,
      stableVersionId: deployments.stableVersionId,
    })
    .from(deployments)
    .where(
      and(
        isNull(deployments.retiredAt),
        sql`exists (select 1 from predictions p where p.deployment_id = ${deployments.id} and p.at > coalesce(
          (select max((r.reference -> 'window' ->> 'to')::timestamptz) from drift_reports r where r.deployment_id = ${deployments.id}), '-infinity'))`,
      ),
    );
  for (const deployment of due) await reportDrift(actingFor(deployment.teamId), deployment);
}
