import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@/server/house/router";

type Outputs = inferRouterOutputs<AppRouter>["monitoring"];
export type Alert = Outputs["alerts"]["items"][number];
export type Telling = Outputs["telling"]["items"][number];
