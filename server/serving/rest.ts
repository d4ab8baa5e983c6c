import "./affected-deployments";
import { rest } from "@/server/kit/rest";
import { trafficChart } from "./chart";
import { controlRollout, retireDeployment, rollBack } from "./control-rollout";
import { deploy } from "./deploy";
import { previewDeploy } from "./deploy-preview";
import { deploymentHistory } from "./history";
import { policyAffected, previewPolicy } from "./policy-impact";
import { planPowerOf } from "./plan-power";
import { getDeployment, getRollout, listDeployments } from "./queries";

const TAG = "Deployments";

export const servingRoutes = [
  rest(TAG, "get", "/deployments", listDeployments),
  rest(TAG, "post", "/deployments", deploy, { status: 201 }),
  rest(TAG, "get", "/deployments/{name}", getDeployment),
  rest(TAG, "post", "/deployments/{name}/roll-back", rollBack),
  rest(TAG, "post", "/deployments/{name}/retire", retireDeployment),
  rest(TAG, "get", "/deployments/{name}/chart", trafficChart),
  rest(TAG, "get", "/deployments/{name}/history", deploymentHistory),
  rest(TAG, "get", "/deployment-preview", previewDeploy),
  rest("Governance", "get", "/policies/{key}/affected", policyAffected),
  rest("Governance", "post", "/policies/{key}/preview", previewPolicy),
  rest(TAG, "post", "/deployments/{name}/plan", planPowerOf),
  rest(TAG, "get", "/rollouts/{rolloutId}", getRollout),
  rest(TAG, "post", "/rollouts/{rolloutId}/{command}", controlRollout),
];
