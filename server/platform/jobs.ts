import { and, eq, lt, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { gateRuns, idempotencyKeys, modelVersions, registeredModels } from "@/db/schema";
import { versionHref } from "@/server/registry/kinds";
import { notify } from "@/server/notifications";
import { every, on } from "@/server/kit/handlers";

/** Reviews, quota and jobs tell their people in their own domains; governance does not know who owns a version. */
on("governance.gates_finished", "platform.notify-owner", async ({ ctx, event }) => {
  const { gateRunId, outcome } = event.payload;
  if (outcome !== "fail" && outcome !== "error") return;
  const [row] = await ctx.db
    .select({
      versionId: modelVersions.id,
      number: modelVersions.number,
      createdBy: modelVersions.createdBy,
      model: registeredModels.name,
      ownerId: registeredModels.ownerId,
    })
    .from(gateRuns)
    .innerJoin(modelVersions, eq(modelVersions.id, gateRuns.subjectId))
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .where(and(eq(gateRuns.id, gateRunId), eq(gateRuns.teamId, ctx.actor.teamId)));
  if (!row) return;
  await notify(ctx, {
    userIds: [row.ownerId, row.createdBy],
    dedupKey: `gates_finished:${gateRunId}`,
    kind: "gate",
    title: `${row.model} version ${row.number} does not pass its gates`,
    body: outcome === "fail" ? "At least one policy failed." : "A policy could not be evaluated.",
    href: versionHref(row.model, row.number),
    reason: "You own the model or made the version",
    subject: { kind: "version", id: row.versionId },
  });
});

/** A client that retries does so within minutes; the answers are kept for a week. */
every("platform.forget-idempotency-keys", 3_600_000, async () => {
  await db()
    .delete(idempotencyKeys)
    .where(lt(idempotencyKeys.createdAt, sql`now() - interval '7 days'`));
});
