import type { Db } from "@/db/client";
import { and, eq, isNull } from "drizzle-orm";
import {
  deployments,
  modelVersions,
  processes,
  registeredModels,
  rollouts,
  trafficSeconds,
} from "@/db/schema";
import type { Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { newId } from "@/server/core/ids";
import { attest, environmentRequirements, PREDICATE_TYPES } from "@/server/governance";
import type { ArmReport, ServingReport } from "./gateway-report";
import type { ArmCounts } from "./rollout/schemas";
import type { RolloutPlan } from "./rollout/schemas";

/** Fixtures of serving's own tests: real rows, and evidence that the real attestor signed. */

const hex = (text: string) => digestOf(text).replace(/^sha256:/, "");

export interface TestVersion {
  id: string;
  model: string;
  number: number;
  manifestDigest: string;
}

/** A model of the actor's team with `count` ready versions and no evidence yet. */
export async function makeModel(db: Db, actor: Actor, count: number): Promise<TestVersion[]> {
  const modelId = newId("model");
  const model = `model-${modelId
    .slice(-12)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "x")}`;
  await db
    .insert(registeredModels)
    .values({ id: modelId, teamId: actor.teamId, name: model, ownerId: actor.userId });
  const made: TestVersion[] = [];
  for (let number = 1; number <= count; number += 1) {
    const id = newId("version");
    const manifestDigest = digestOf(`${id} files`);
    await db.insert(modelVersions).values({
      id,
      teamId: actor.teamId,
      modelId,
      number,
      state: "ready",
      source: "test",
      manifestDigest,
      weightsPath: "model.onnx",
      weightsDigest: digestOf(`${id} weights`),
      contract: { latencyBoundMs: 80 },
      createdBy: actor.userId,
      lastEditedBy: actor.userId,
    });
    made.push({ id, model, number, manifestDigest });
  }
  return made;
}

/** Signs everything that an environment asks for, except the policies in `without`. */
export async function prove(
  db: Db,
  actor: Actor,
  version: TestVersion,
  environment: "staging" | "production",
  without: readonly string[] = [],
): Promise<void> {
  const ctx = createCtx({ actor, db });
  const subject = {
    kind: "model_version",
    id: version.id,
    digest: version.manifestDigest,
    name: version.model,
  };
  const at = new Date().toISOString();
  const { policies, humanReview } = environmentRequirements(environment);
  for (const key of policies.filter((each) => !without.includes(each))) {
    await attest(ctx, {
      subject,
      predicateType: PREDICATE_TYPES.policyEvaluation,
      predicate: {
        policy: { key, version: 1, digest: { sha256: hex(key) } },
        engine: { id: "test", version: "1" },
        inputs: [],
        verdict: "pass",
        rules: [],
        evaluatedOn: at,
      },
      label: key,
      result: "pass",
      dedupKey: newId("attestation"),
    });
  }
  if (!humanReview || without.includes("review")) return;
  await attest(ctx, {
    subject,
    predicateType: PREDICATE_TYPES.humanReview,
    predicate: {
      reviewId: newId("review"),
      environment,
      decision: "approve",
      reason: "Looks right",
      reviewer: { id: actor.userId, role: "reviewer" },
      evidence: [{ name: "manifest", digest: { sha256: version.manifestDigest.replace(/^sha256:/, "") } }],
      reviewedOn: at,
    },
    label: "review",
    result: "approve",
    dedupKey: newId("attestation"),
  });
}

/** Two short stages judged by errors alone. */
export const PLAN: RolloutPlan = {
  stages: [
    { sharePercent: 10, minRequests: 50, maxDurationMs: 60_000 },
    { sharePercent: 50, minRequests: 50, maxDurationMs: 60_000 },
  ],
  criteria: {
    advanceWhen: "not-worse",
    errorRate: { maxIncrease: 0.02 },
    alpha: 0.05,
    onTimeout: "hold",
    minBadEvents: 5,
    hardKill: { consecutiveFailures: 5, errorShare: 0.9, minRequests: 1000 },
  },
};

export interface Traffic extends Omit<Partial<ArmCounts>, "numeric"> {
  deploymentId: string;
  versionId: string;
  rolloutId: string;
  arm: "stable" | "canary";
  stage: number;
  second?: number;
  /** Labelled predictions of a number, and the sums of their errors. */
  measured?: number;
  absErrorSum?: number;
  squaredErrorSum?: number;
  fourthErrorSum?: number;
}

/** One stored second of traffic. */
export async function serveTraffic(db: Db, traffic: Traffic): Promise<void> {
  await db.insert(trafficSeconds).values({ second: Math.floor(Date.now() / 1000), ...traffic });
}

const ready = (versionId: string | null): ArmReport | null =>
  versionId === null ? null : { versionId, state: "ready", reason: "", sinceMs: 0 };

export interface GatewaySays {
  /** By deployment; left out, the newest generation. */
  generation?: number;
  /** Instead of "ready" for what the rows ask for. */
  stable?: Partial<ArmReport>;
  canary?: Partial<ArmReport>;
}

/** A gateway as the heartbeat writes it: alive, following what the rows of these deployments ask for, or as said. */
export async function gatewayServes(
  db: Db,
  says: Record<string, GatewaySays>,
  gateway: { id?: string; seenAt?: Date } = {},
): Promise<void> {
  const serving: ServingReport = {};
  for (const [id, { generation, stable, canary }] of Object.entries(says)) {
    const [row] = await db.select().from(deployments).where(eq(deployments.id, id));
    const [open] = await db
      .select({ versionId: rollouts.toVersionId })
      .from(rollouts)
      .where(and(eq(rollouts.deploymentId, id), isNull(rollouts.finishedAt)));
    const arm = (versionId: string | null, over?: Partial<ArmReport>) => {
      const report = ready(versionId);
      return report && { ...report, ...over };
    };
    serving[id] = {
      generation: generation ?? row?.generation ?? 0,
      stable: arm(row?.stableVersionId ?? null, stable),
      canary: arm(open?.versionId ?? null, canary),
      answering: row?.stableVersionId ?? null,
    };
  }
  // An hour ahead, so that no test is so slow that its gateway falls silent.
  const { id = "gateway-test", seenAt = new Date(Date.now() + 3_600_000) } = gateway;
  const row = {
    kind: "gateway",
    host: "test",
    pid: 1,
    version: "1",
    startedAt: new Date(0),
    seenAt,
    info: { serving },
  };
  await db
    .insert(processes)
    .values({ id, ...row })
    .onConflictDoUpdate({ target: processes.id, set: { seenAt, info: { serving } } });
}
