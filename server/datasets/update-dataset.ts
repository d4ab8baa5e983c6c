import { and, eq } from "drizzle-orm";
import { datasets } from "@/db/schema";
import { members } from "@/server/identity";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, invalidField } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { loadDataset } from "./load";
import { readDataset } from "./queries";
import { UpdateDatasetInput } from "./schemas";
import { datasetTopic, datasetsTopic } from "./kinds";
import { WRITE } from "./dataset-parts";

async function requireMember(ctx: Ctx, userId: string): Promise<void> {
  const [row] = await ctx.db
    .select({ role: members.role })
    .from(members)
    .where(and(eq(members.teamId, ctx.actor.teamId), eq(members.userId, userId)));
  if (!row) throw invalidField("ownerId", "is no member of this team", "Choose a member of the team.");
}

export const updateDataset = mutation(
  {
    name: "datasets.dataset.update",
    permission: WRITE,
    input: UpdateDatasetInput,
    summary: "Change a dataset's name, description, classification or owner",
  },
  async ({ ctx, input }) => {
    const dataset = await loadDataset(ctx, input.slug);
    const { name, description, classification, ownerId, expectedUpdatedAt } = input;
    if (ownerId !== undefined && ownerId !== dataset.ownerId) await requireMember(ctx, ownerId);
    const wanted = { name, description, classification, ownerId };
    const changes = Object.fromEntries(
      Object.entries(wanted).filter(
        ([key, value]) => value !== undefined && value !== dataset[key as keyof typeof wanted],
      ),
    );
    const before = Object.fromEntries(
      Object.keys(changes).map((key) => [key, dataset[key as keyof typeof wanted]]),
    );
    const read = expectedUpdatedAt ?? dataset.updatedAt;
    const updated = await ctx.db
      .update(datasets)
      .set({ ...changes, updatedAt: ctx.now() })
      .where(and(eq(datasets.id, dataset.id), eq(datasets.updatedAt, read)))
      .returning({ id: datasets.id });
    if (updated.length === 0) {
      throw conflict(
        `Dataset ${dataset.slug} was changed in the meantime.`,
        "Look at its current state and apply your change again.",
        { updatedAt: dataset.updatedAt.toISOString() },
      );
    }
    await audit(ctx, {
      action: "datasets.dataset.update",
      subject: { kind: "dataset", id: dataset.id, label: dataset.slug },
      before,
      after: changes,
    });
    await notifyLive(ctx.db, ctx.actor.teamId, datasetsTopic, datasetTopic(dataset.id));
    return readDataset(ctx, dataset.id);
  },
);
