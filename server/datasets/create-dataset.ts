import { datasets } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict, invalidField } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { readDataset } from "./queries";
import { slugOf } from "./rules";
import { CreateDatasetInput } from "./schemas";
import { datasetsTopic } from "./kinds";
import { WRITE } from "./dataset-parts";

export const createDataset = mutation(
  {
    name: "datasets.dataset.create",
    permission: WRITE,
    input: CreateDatasetInput,
    summary: "Create a dataset",
  },
  async ({ ctx, input }) => {
    const slug = input.slug ?? slugOf(input.name);
    if (slug === "" || slug === "new") {
      throw invalidField(
        "slug",
        "cannot be made from this name",
        "Give a slug of lower-case letters, digits and hyphens.",
      );
    }
    const id = newId("dataset");
    const inserted = await ctx.db
      .insert(datasets)
      .values({
        id,
        teamId: ctx.actor.teamId,
        slug,
        name: input.name,
        description: input.description,
        classification: input.classification,
        ownerId: ctx.actor.userId,
        createdAt: ctx.now(),
        updatedAt: ctx.now(),
      })
      .onConflictDoNothing({ target: [datasets.teamId, datasets.slug] })
      .returning({ id: datasets.id });
    if (inserted.length === 0) {
      throw conflict(
        `There is a dataset ${slug} already.`,
        "Upload a new version to it, or choose another slug.",
        {
          fields: { slug: "is taken in this team" },
          slug,
        },
      );
    }
    await audit(ctx, {
      action: "datasets.dataset.create",
      subject: { kind: "dataset", id, label: slug },
      after: { name: input.name, classification: input.classification, description: input.description },
    });
    await notifyLive(ctx.db, ctx.actor.teamId, datasetsTopic);
    return readDataset(ctx, id);
  },
);
