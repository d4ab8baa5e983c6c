import { asc, eq } from "drizzle-orm";
import type { z } from "zod";
import type { Db } from "@/db/client";
import { auditLog, deployments, rolloutEvents, rollouts } from "@/db/schema";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { advanceRollout } from "./advance-rollouts";
import { deploy } from "./deploy";
import type { RolloutPlan } from "./rollout";
import { gatewayServes, makeModel, PLAN, prove, serveTraffic } from "./testing";

/** What tests of rollouts do again and again, for the person whose turn it is. */
export function rolloutTools(db: () => Db, ada: () => Actor) {
  const as = (actor: Actor, now?: Date) => ({ actor, db: db(), ...(now ? { now: () => now } : {}) });
  const look = (id: string, now = new Date()) =>
    advanceRollout(createCtx({ actor: systemActor(ada().teamId), db: db(), now: () => now }), id);
  const actionsOf = async (id: string) =>
    (await db().select().from(auditLog).where(eq(auditLog.subjectId, id)).orderBy(auditLog.position)).map(
      (row) => row.action,
    );
  const kindsOf = async (id: string) =>
    (
      await db()
        .select()
        .from(rolloutEvents)
        .where(eq(rolloutEvents.rolloutId, id))
        .orderBy(asc(rolloutEvents.at), asc(rolloutEvents.id))
    ).map((row) => row.kind);
  const rolloutOf = async (id: string) => {
    const [row] = await db().select().from(rollouts).where(eq(rollouts.id, id));
    if (!row) throw new Error("no rollout");
    return row;
  };
  const deploymentOf = async (name: string) => {
    const [row] = await db().select().from(deployments).where(eq(deployments.name, name));
    if (!row) throw new Error("no deployment");
    return row;
  };

  /** The one gateway serves all that the deployment asks for and follows its split. */
  const follow = (deploymentId: string) => gatewayServes(db(), { [deploymentId]: {} });

  /** Version 1 in production, version 2 deployed beside it; no gateway has said anything. */
  async function deployBeside(plan: z.input<typeof RolloutPlan> = PLAN) {
    const [first, second] = await makeModel(db(), ada(), 2);
    if (!first || !second) throw new Error("no versions");
    await prove(db(), ada(), first, "production");
    await prove(db(), ada(), second, "production");
    const target = { model: first.model, environment: "production" as const };
    await deploy.execute(as(ada()), { ...target, version: 1 });
    const { name, rolloutId, deploymentId } = await deploy.execute(as(ada()), {
      ...target,
      version: 2,
      plan,
    });
    if (!rolloutId) throw new Error("no rollout");
    const serve = async (stage: number, counts: { canary: [number, number]; stable: [number, number] }) => {
      for (const arm of ["canary", "stable"] as const) {
        const [requests, errors] = counts[arm];
        const versionId = arm === "canary" ? second.id : first.id;
        await serveTraffic(db(), { deploymentId, rolloutId, versionId, arm, stage, requests, errors });
      }
    };
    return { name, rolloutId, deploymentId, first, second, serve };
  }

  /** The same with a gateway that serves both: the canary runs. */
  async function canary() {
    const made = await deployBeside();
    await follow(made.deploymentId);
    await look(made.rolloutId);
    await follow(made.deploymentId);
    return made;
  }
  return { as, look, actionsOf, kindsOf, rolloutOf, deploymentOf, follow, deployBeside, canary };
}
