import { mutation } from "@/server/core/verb";
import { DatasetInput } from "./schemas";
import { WRITE, setArchived } from "./dataset-parts";

export const archiveDataset = mutation(
  {
    name: "datasets.dataset.archive",
    permission: WRITE,
    input: DatasetInput,
    summary: "Archive a dataset: its versions stay, new ones are refused",
  },
  ({ ctx, input }) => setArchived(ctx, input.slug, true),
);
