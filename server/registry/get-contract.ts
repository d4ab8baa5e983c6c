import { query } from "@/server/core/verb";
import { loadVersion } from "./load";
import { VersionInput } from "./schemas";
import { contractView } from "./contract-parts";

export const getContract = query(
  {
    name: "registry.contract.get",
    permission: "registry.model.read",
    input: VersionInput,
    summary: "Contract of a version and its comparison with the model file",
  },
  async ({ ctx, input }) => contractView(await loadVersion(ctx, input.name, input.version)),
);
