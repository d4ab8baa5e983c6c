import { query } from "@/server/core/verb";
import { loadVersion } from "./load";
import { VersionInput } from "./schemas";
import { READ, cardView } from "./card-parts";

export const getCard = query(
  { name: "registry.card.get", permission: READ, input: VersionInput, summary: "Model card of a version" },
  async ({ ctx, input }) => cardView(ctx, await loadVersion(ctx, input.name, input.version)),
);
