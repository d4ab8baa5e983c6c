import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@/server/house/router";

type Outputs = inferRouterOutputs<AppRouter>["registry"];

export type ModelRow = Outputs["models"]["items"][number];
export type ModelDetail = Outputs["model"];
export type VersionDetail = Outputs["version"];
export type VersionSummary = ModelDetail["versions"][number];
export type Blocker = VersionDetail["blockers"]["staging"][number];
export type LineageNode = Outputs["lineage"]["upstream"][number];
export type CredentialRow = Outputs["credentials"]["items"][number];
export type TimelineItem = Outputs["timeline"]["items"][number];
