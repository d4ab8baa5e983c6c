import type { Db } from "@/db/client";
import { deployments, memberships, teams, users } from "@/db/schema";
import type { Actor, TeamRole } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import type { PredictionRecord } from "./schemas";

export async function makeTeam(db: Db, slug: string): Promise<string> {
  const id = newId("team");
  await db.insert(teams).values({ id, slug, name: `Team ${slug}` });
  return id;
}

/** A person of a team, as the actor that doors would resolve. */
export async function makePerson(
  db: Db,
  teamId: string,
  role: TeamRole,
  isPlatformAdmin = false,
): Promise<Actor> {
  const userId = newId("user");
  await db.insert(users).values({ id: userId, email: `${userId}@test.local`, name: role, isPlatformAdmin });
  await db.insert(memberships).values({ teamId, userId, role });
  return { kind: "user", userId, name: role, teamId, teamSlug: "", role, isPlatformAdmin };
}

export async function makeDeployment(
  db: Db,
  owner: Actor,
  name: string,
  latencyBoundMs = 100,
): Promise<{ id: string; name: string; modelId: string; versionId: string }> {
  const row = { id: newId("deployment"), name, modelId: newId("model"), versionId: newId("version") };
  await db.insert(deployments).values({
    id: row.id,
    teamId: owner.teamId,
    name,
    modelId: row.modelId,
    environment: "production",
    stableVersionId: row.versionId,
    latencyBoundMs,
    ownerId: owner.userId,
  });
  return row;
}

/** A prediction as a gateway would have spooled it. */
export function predictionOf(
  deployment: { id: string; versionId: string },
  teamId: string,
  change: Partial<PredictionRecord> = {},
): PredictionRecord {
  return {
    id: newId("prediction"),
    teamId,
    deploymentId: deployment.id,
    versionId: deployment.versionId,
    rolloutId: "",
    arm: "stable",
    stage: -1,
    routeDigest: "sha256:route",
    atMs: Date.now(),
    latencyMs: 5,
    status: 200,
    error: null,
    inputs: { age: 0.1 },
    outputs: { label: [1] },
    parameters: null,
    predicted: "1",
    datatype: "INT64",
    rows: 1,
    predictedRows: null,
    scored: 0,
    scoreSum: 0,
    traceId: null,
    ...change,
  };
}
