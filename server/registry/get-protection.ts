import { query } from "@/server/core/verb";
import { loadModel } from "./load";
import { carriedStanding, protectionOf } from "./protection";
import { ModelNameInput } from "./schemas";

/** Which aliases and stages of a model move through gates only, why, and whether each points at an admitted version. */
export const getProtection = query(
  {
    name: "registry.protection.get",
    permission: "registry.model.read",
    input: ModelNameInput,
    summary: "Protected aliases and stages of a model",
  },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    const protection = await protectionOf(ctx, model);
    return { ...protection, carried: await carriedStanding(ctx, model.id, protection) };
  },
);
