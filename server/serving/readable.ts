import { readable } from "@/db/readable";
import { deployments, rollouts } from "@/db/schema";

export const readableDeployments = readable(
  deployments,
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
)("readable_deployments");
export const readableRollouts = readable(
  rollouts,
  "deploymentId",
  "finishedAt",
  "id",
  "state",
  "stateReason",
  "toVersionId",
)("readable_rollouts");
