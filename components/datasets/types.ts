import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@/server/house/router";

type Outputs = inferRouterOutputs<AppRouter>["datasets"];

export type DatasetRow = Outputs["list"]["items"][number];
export type Dataset = Outputs["get"];
export type Upload = Dataset["uploads"][number];
export type Version = Outputs["version"];
export type VersionRow = Outputs["versions"]["items"][number];
export type Profile = Version["profile"][number];
export type Diff = Outputs["diff"]["diff"];
export type Neighbour = Outputs["lineage"]["downstream"][number];
