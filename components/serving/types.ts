import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@/server/house/router";

type Outputs = inferRouterOutputs<AppRouter>["serving"];
export type DeploymentRow = Outputs["list"]["items"][number];
export type DeploymentView = Outputs["get"];
export type RolloutView = Outputs["rollout"];
export type DeployPreview = Outputs["preview"];
export type PlanPowerView = Outputs["planPower"];
export type GatewayView = NonNullable<RolloutView["gateways"]>[number];
export type TrafficChart = Outputs["chart"];
export type MetricVerdict = NonNullable<RolloutView["verdict"]>["verdicts"][number];
