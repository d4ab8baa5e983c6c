import "./affected-deployments";
import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { trafficChart } from "./chart";
import { controlRollout, retireDeployment, rollBack } from "./control-rollout";
import { deploy } from "./deploy";
import { previewDeploy } from "./deploy-preview";
import { deploymentHistory } from "./history";
import { policyAffected, previewPolicy } from "./policy-impact";
import { planPowerOf } from "./plan-power";
import { getDeployment, getRollout, listDeployments } from "./queries";

export const servingRouter = router({
  list: queryOf(listDeployments),
  get: queryOf(getDeployment),
  rollout: queryOf(getRollout),
  chart: queryOf(trafficChart),
  history: queryOf(deploymentHistory),
  preview: queryOf(previewDeploy),
  policyAffected: queryOf(policyAffected),
  previewPolicy: mutationOf(previewPolicy),
  planPower: queryOf(planPowerOf),
  deploy: mutationOf(deploy),
  control: mutationOf(controlRollout),
  rollBack: mutationOf(rollBack),
  retire: mutationOf(retireDeployment),
});
