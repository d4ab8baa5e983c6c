import { mutation } from "@/server/core/verb";
import { DatasetInput } from "./schemas";
import { WRITE, setArchived } from "./dataset-parts";

export const restoreDataset = mutation(
  {
    name: "datasets.dataset.restore",
    permission: WRITE,
    input: DatasetInput,
    summary: "Restore an archived dataset",
  },
  ({ ctx, input }) => setArchived(ctx, input.slug, false),
);
