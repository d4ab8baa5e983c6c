import { query } from "@/server/core/verb";
import { loadVersion } from "./load";
import { VersionInput } from "./schemas";

export const getVersion = query(
  {
    name: "registry.version.get",
    permission: "registry.model.read",
    input: VersionInput,
    summary: "One model version",
  },
  ({ ctx, input }) => loadVersion(ctx, input.name, input.version),
);
