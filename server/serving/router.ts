import { mutationOf, queryOf, router } from "@/server/api/trpc";
import { trafficChart } from "./chart";
import { controlRollout, retireDeployment, rollBack } from "./control-rollout";
import { deploy } from "./deploy";
import { getDeployment, getRollout, listDeployments } from "./queries";

export const servingRouter = router({
  list: queryOf(listDeployments),
  get: queryOf(getDeployment),
  rollout: queryOf(getRollout),
  chart: queryOf(trafficChart),
  deploy: mutationOf(deploy),
  control: mutationOf(controlRollout),
  rollBack: mutationOf(rollBack),
  retire: mutationOf(retireDeployment),
});
