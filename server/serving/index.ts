import "./affected-deployments";

export { admissionNow, admissionOf } from "./admission";
export { controlRollout, retireDeployment, rollBack } from "./control-rollout";
export { deploy } from "./deploy";
export { previewDeploy } from "./deploy-preview";
export { holdDeployment } from "./hold-deployment";
export { DeploymentReport, isBroken, serves, ServingReport } from "./gateway-report";
export { loadDeploymentById as deploymentOf, type Deployment } from "./load";
export { scoresOf } from "./gateway/predicted";
export { watchOf } from "./promotion-watch";
export { getDeployment, getRollout, listDeployments } from "./queries";
export { wilsonInterval, type Interval } from "./stats";
export { readableDeployments, readableDeploymentsAs, readableRollouts, readableRolloutsAs } from "./readable";
export { countFailures, keyOfPrediction, setOutcomes, TrafficTally, type TrafficKey } from "./traffic";
