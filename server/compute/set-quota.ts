import { and, eq, isNull, sql } from "drizzle-orm";
import { gpuFlavors, quotas } from "@/db/schema";
import { allTeams } from "@/server/identity";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { invalidField, notFound } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { DEFAULT_QUOTA, flavorOf, lockLedger } from "./ledger";
import { quotaEffect } from "./quota-effect";
import { SetGpuFlavorInput, SetQuotaInput } from "./schemas";
import { jobsTopic, quotaTopic } from "./kinds";

/** Sets a team's base quota of one resource; grants by request come on top. Running jobs go on even when it shrinks below them. */
export const setQuota = mutation(
  {
    name: "compute.quota.set",
    permission: "compute.quota.set",
    input: SetQuotaInput,
    summary: "Set a team's base quota",
  },
  async ({ ctx, input }) => {
    await lockLedger(ctx.db);
    const [team] = await ctx.db
      .select({ name: allTeams.name })
      .from(allTeams)
      .where(eq(allTeams.id, input.teamId));
    if (!team) throw notFound("team", input.teamId);
    const flavor = /^gpu:(.+)$/.exec(input.resource)?.[1];
    if (flavor && !(await flavorOf(ctx.db, flavor))) {
      throw invalidField("resource", `${flavor} is no kind of GPU that this cluster has`);
    }
    const [earlier] = await ctx.db
      .update(quotas)
      .set({ endedAt: ctx.now() })
      .where(
        and(
          eq(quotas.teamId, input.teamId),
          eq(quotas.resource, input.resource),
          isNull(quotas.requestId),
          isNull(quotas.endedAt),
        ),
      )
      .returning({ amount: quotas.amount });
    await ctx.db.insert(quotas).values({
      id: newId("quota"),
      teamId: input.teamId,
      resource: input.resource,
      amount: input.amount,
      createdAt: ctx.now(),
    });
    const { warning } = await quotaEffect(ctx, input.teamId, input.resource, 0);
    const theirs: Ctx = { ...ctx, actor: { ...ctx.actor, teamId: input.teamId } };
    await emit(theirs, { type: "compute.quota_changed", payload: { teamId: input.teamId } });
    await notifyLive(ctx.db, input.teamId, quotaTopic, jobsTopic);
    await audit(ctx, {
      action: "compute.quota.set",
      teamId: input.teamId,
      subject: { kind: "team", id: input.teamId, label: team.name },
      before: { [input.resource]: earlier?.amount ?? DEFAULT_QUOTA[input.resource] ?? 0 },
      after: { [input.resource]: input.amount, ...(warning ? { warning } : {}) },
      reason: input.reason || undefined,
    });
    return { ...input, warning };
  },
);

/** Declares how many GPUs of a kind the cluster has, in thousandths of a device. */
export const setGpuFlavor = mutation(
  {
    name: "compute.gpu_flavor.set",
    permission: "compute.quota.set",
    input: SetGpuFlavorInput,
    summary: "Declare GPUs of the cluster",
  },
  async ({ ctx, input }) => {
    await lockLedger(ctx.db);
    const earlier = await flavorOf(ctx.db, input.name);
    await ctx.db
      .insert(gpuFlavors)
      .values(input)
      .onConflictDoUpdate({
        target: gpuFlavors.name,
        set: { title: sql`excluded.title`, capacityMilli: sql`excluded.capacity_milli` },
      });
    await emit(ctx, { type: "compute.quota_changed", payload: { teamId: ctx.actor.teamId } });
    await notifyLive(ctx.db, ctx.actor.teamId, quotaTopic);
    await audit(ctx, {
      action: "compute.gpu_flavor.set",
      subject: { kind: "gpu_flavor", id: input.name, label: input.title },
      before: earlier ?? null,
      after: input,
    });
    return input;
  },
);
