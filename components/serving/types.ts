import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@/server/api/root";

type Outputs = inferRouterOutputs<AppRouter>["serving"];
export type DeploymentRow = Outputs["list"]["items"][number];
export type DeploymentView = Outputs["get"];
export type RolloutView = Outputs["rollout"];
export type TrafficChart = Outputs["chart"];
export type MetricVerdict = NonNullable<RolloutView["verdict"]>["verdicts"][number];
