import { and, desc, eq, inArray, isNull } from "drizzle-orm";
import { deployments, rollouts } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { readableVersions, registerServing, type ServedThing } from "@/server/registry";
import { admissionNow } from "./admission";
import { deploymentHref, rolloutHref } from "./kinds";
import { openSetbacks } from "./setbacks";

async function numbersOf(ctx: Ctx, ids: readonly string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await ctx.db
    .select({ id: readableVersions.id, number: readableVersions.number })
    .from(readableVersions)
    .where(inArray(readableVersions.id, [...ids]));
  return new Map(rows.map((row) => [row.id, row.number]));
}

/** Which deployments serve a model, and with which version. */
async function deploymentsOfModel(
  ctx: Ctx,
  { modelId, versionId, environment }: { modelId: string; versionId: string; environment?: string },
) {
  const rows = await ctx.db
    .select({ deployment: deployments, canary: rollouts.toVersionId })
    .from(deployments)
    .leftJoin(rollouts, and(eq(rollouts.deploymentId, deployments.id), isNull(rollouts.finishedAt)))
    .where(
      and(
        eq(deployments.teamId, ctx.actor.teamId),
        eq(deployments.modelId, modelId),
        isNull(deployments.retiredAt),
        environment ? eq(deployments.environment, environment) : undefined,
      ),
    )
    .orderBy(deployments.environment, deployments.name);
  const ids = rows.flatMap((row) => [row.deployment.stableVersionId, row.canary].filter((id) => id !== null));
  const numbers = await numbersOf(ctx, ids);
  return rows.map(({ deployment, canary }) => {
    const stable = deployment.stableVersionId;
    const serves =
      stable === null
        ? "Serves no version yet"
        : stable === versionId
          ? "Serves this version"
          : `Serves version ${numbers.get(stable) ?? "?"}`;
    const trial =
      canary === null
        ? ""
        : canary === versionId
          ? ", this version as canary"
          : `, version ${numbers.get(canary) ?? "?"} as canary`;
    return {
      name: deployment.name,
      environment: deployment.environment,
      href: deploymentHref(deployment.name),
      effect: `${serves}${trial}`,
    };
  });
}

/** A timeline shows the newest rows of the audit log; older rollouts have none among them. */
const ROLLOUTS = 500;

/** Deployments of a model, retired ones too, and their newest rollouts. */
async function servedThings(ctx: Ctx, modelId: string): Promise<ServedThing[]> {
  const rows = await ctx.db
    .select({ deployment: deployments, rolloutId: rollouts.id, versionId: rollouts.toVersionId })
    .from(deployments)
    .leftJoin(rollouts, eq(rollouts.deploymentId, deployments.id))
    .where(and(eq(deployments.teamId, ctx.actor.teamId), eq(deployments.modelId, modelId)))
    // Descending puts deployments that never had a rollout first.
    .orderBy(desc(rollouts.id))
    .limit(ROLLOUTS);
  const things = new Map<string, ServedThing>();
  for (const { deployment, rolloutId, versionId } of rows) {
    const { id, name, environment } = deployment;
    const about = { deployment: name, environment };
    things.set(id, { ...about, kind: "deployment", id, versionId: null, href: deploymentHref(name) });
    if (rolloutId)
      things.set(rolloutId, {
        ...about,
        kind: "rollout",
        id: rolloutId,
        versionId,
        href: rolloutHref(name, rolloutId),
      });
  }
  return [...things.values()];
}

/** Tells the registry, and through it the approval screen, what serves. */
registerServing({ deploymentsOfModel, admission: admissionNow, openSetbacks, servedThings });
