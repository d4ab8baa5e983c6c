import { readable } from "@/db/readable";
import { deployments, rollouts } from "@/db/schema";

export const readableDeploymentsAs = readable(
  deployments,
  "createdAt",
  "generation",
  "previousVersionId",
  "environment",
  "feedbackTarget",
  "id",
  "latencyBoundMs",
  "modelId",
  "name",
  "ownerId",
  "retiredAt",
  "stableVersionId",
  "teamId",
  "updatedAt",
);
export const readableDeployments = readableDeploymentsAs("readable_deployments");
export const readableRolloutsAs = readable(
  rollouts,
  "watchUntil",
  "deploymentId",
  "finishedAt",
  "id",
  "state",
  "stateReason",
  "toVersionId",
);
export const readableRollouts = readableRolloutsAs("readable_rollouts");
