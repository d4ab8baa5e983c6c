import { and, eq, lt, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { gateRuns, idempotencyKeys, modelVersions, registeredModels } from "@/db/schema";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { versionHref } from "@/server/registry/kinds";
import { notify } from "@/server/notifications";
import { every, on } from "@/server/kit/handlers";
import { retainEvents } from "./retain-events";

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
every(
  "platform.forget-idempotency-keys",
  3_600_000,
  async () => {
    await db()
      .delete(idempotencyKeys)
      .where(lt(idempotencyKeys.createdAt, sql`now() - interval '7 days'`));
  },
  { twice: "what is gone is gone" },
);

every(
  "platform.retain-events",
  3_600_000,
  async () => {
    const retained = await retainEvents(db(), new Date(), env().eventRetentionDays);
    if (retained.dropped > 0) log.info(retained, "old events are gone");
  },
  { twice: "days are made where they are missing and dropped where they are there" },
);
