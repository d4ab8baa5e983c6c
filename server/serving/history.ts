import { and, desc, eq, inArray, or } from "drizzle-orm";
import { z } from "zod";
import { auditLog, rollouts } from "@/db/schema";
import { query } from "@/server/core/verb";
import { loadDeployment } from "./load";
import { versionLabels } from "./queries";
import { DeploymentRef } from "./schemas";

const After = z.object({
  versionId: z.string().nullish(),
  rolloutId: z.string().nullish(),
  state: z.string().nullish(),
});
const Payload = z.object({ reason: z.string().nullish(), after: After.nullish().catch(null) });

/** Decisions that the end of their rollout tells once more. */
const ENDING = new Set(["serving.rollout.complete", "serving.rollout.roll-back"]);
const END = "serving.rollout.finish";

/** Who changed a deployment or one of its rollouts, and why: the audit log's own rows, newest first. */
export const deploymentHistory = query(
  {
    name: "serving.deployment.history",
    permission: "serving.deployment.read",
    input: DeploymentRef,
    summary: "Audit timeline of a deployment",
  },
  async ({ ctx, input }) => {
    const deployment = await loadDeployment(ctx, input.name);
    const canaries = await ctx.db
      .select({ id: rollouts.id, toVersionId: rollouts.toVersionId })
      .from(rollouts)
      .where(eq(rollouts.deploymentId, deployment.id));
    const rows = await ctx.db
      .select()
      .from(auditLog)
      .where(
        or(
          and(eq(auditLog.subjectKind, "deployment"), eq(auditLog.subjectId, deployment.id)),
          and(
            eq(auditLog.subjectKind, "rollout"),
            inArray(
              auditLog.subjectId,
              canaries.map((row) => row.id),
            ),
          ),
        ),
      )
      .orderBy(desc(auditLog.position))
      .limit(100);
    const versionOf = new Map(canaries.map((row) => [row.id, row.toVersionId]));
    const ended = new Set(rows.filter((row) => row.action === END).map((row) => row.subjectId));
    const told = rows.filter((row) => !(ENDING.has(row.action) && ended.has(row.subjectId)));
    const entries = told.map((row) => {
      const payload = Payload.safeParse(JSON.parse(row.payload)).data;
      const rolloutId = row.subjectKind === "rollout" ? row.subjectId : (payload?.after?.rolloutId ?? null);
      const versionId = rolloutId ? versionOf.get(rolloutId) : payload?.after?.versionId;
      const state = payload?.after?.state ?? null;
      return { row, rolloutId, versionId: versionId ?? null, state, reason: payload?.reason ?? "" };
    });
    const labels = await versionLabels(
      ctx,
      entries.map((entry) => entry.versionId),
    );
    return entries.map(({ row, rolloutId, versionId, state, reason }) => ({
      id: row.id,
      at: row.at,
      actorName: row.actorName,
      action: row.action,
      rolloutId,
      /** The version it was about. */
      version: versionId ? (labels.get(versionId)?.number ?? null) : null,
      /** How a rollout ended; null on rows that are no end. */
      state,
      reason,
    }));
  },
);
