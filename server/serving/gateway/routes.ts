import type { ModelSignature } from "@/server/adapters/model-runtime/port";
import { digestOf } from "@/server/core/digest";
import type { DeploymentRow } from "./read-rows";

/** A version that this gateway checked and loaded. */
export interface ServedVersion {
  id: string;
  number: number;
  weightsDigest: string;
  /** Its name at the runtime: a deployment's version has a process of its own. */
  runtimeKey: string;
  signature: ModelSignature;
}

export type Arm = "stable" | "canary";

/** Where the requests of one deployment go. */
export interface Route {
  deploymentId: string;
  teamId: string;
  name: string;
  environment: string;
  generation: number;
  feedbackTarget: string | null;
  stable: ServedVersion | undefined;
  canary: ServedVersion | undefined;
  rolloutId: string;
  /** -1 outside a rollout. */
  stage: number;
  sharePercent: number;
  /** Digest of all the above: what a prediction names as the route that chose its version. */
  digest: string;
  /** Why a version is not served, in words. */
  refusals: string[];
}

/** Teams name their deployments without regard to each other. */
export const routeKey = (teamId: string, name: string): string => `${teamId}/${name}`;

export const runtimeKey = (deploymentId: string, versionId: string): string => `${deploymentId}/${versionId}`;

/** States in which the canary is loaded; while it is pending its share is 0. */
const WITH_TRAFFIC = new Set(["pending", "running", "paused", "promoting"]);

/** The version that the row wants on an arm. */
export function wantedBy(row: DeploymentRow, arm: Arm): string | null {
  if (arm === "stable") return row.stableVersionId;
  return row.rolloutState !== null && WITH_TRAFFIC.has(row.rolloutState) ? row.toVersionId : null;
}

export function routeOf(
  row: DeploymentRow,
  served: { stable: ServedVersion | undefined; canary: ServedVersion | undefined },
  refusals: string[],
): Route {
  const named = {
    deploymentId: row.id,
    teamId: row.teamId,
    name: row.name,
    environment: row.environment,
    generation: row.generation,
    feedbackTarget: row.feedbackTarget,
    rolloutId: row.rolloutId ?? "",
    stage: row.stageIndex ?? -1,
    sharePercent: wantedBy(row, "canary") === null ? 0 : (row.sharePercent ?? 0),
  };
  const digest = digestOf({
    ...named,
    stable: served.stable?.id ?? null,
    canary: served.canary?.id ?? null,
  });
  return { ...named, ...served, digest, refusals };
}
