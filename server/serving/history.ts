import { and, desc, eq, inArray, or } from "drizzle-orm";
import { z } from "zod";
import { auditLog, rollouts } from "@/db/schema";
import { query } from "@/server/core/verb";
import { loadDeployment } from "./load";
import { DeploymentRef } from "./schemas";

const Payload = z.object({
  reason: z.string().nullish(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});

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
    const ids = await ctx.db
      .select({ id: rollouts.id })
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
              ids.map((row) => row.id),
            ),
          ),
        ),
      )
      .orderBy(desc(auditLog.seq))
      .limit(100);
    return rows.map((row) => {
      const payload = Payload.safeParse(JSON.parse(row.payload));
      return {
        seq: row.seq,
        at: row.at,
        actorName: row.actorName,
        action: row.action,
        rolloutId: row.subjectKind === "rollout" ? row.subjectId : null,
        reason: payload.success ? (payload.data.reason ?? "") : "",
      };
    });
  },
);
