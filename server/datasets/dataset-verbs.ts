import { and, eq, isNull, isNotNull } from "drizzle-orm";
import { datasets } from "@/db/schema";
import { members } from "@/server/identity";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, invalidField } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { loadDataset } from "./load";
import { readDataset } from "./queries";
import { slugOf } from "./rules";
import { CreateDatasetInput, DatasetInput, UpdateDatasetInput } from "./schemas";
import { datasetTopic, datasetsTopic } from "./kinds";

const WRITE = "datasets.dataset.write" as const;

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

async function setArchived(ctx: Ctx, slug: string, archive: boolean) {
  const dataset = await loadDataset(ctx, slug);
  const changed = await ctx.db
    .update(datasets)
    .set({ archivedAt: archive ? ctx.now() : null, updatedAt: ctx.now() })
    .where(
      and(
        eq(datasets.id, dataset.id),
        archive ? isNull(datasets.archivedAt) : isNotNull(datasets.archivedAt),
      ),
    )
    .returning({ id: datasets.id });
  if (changed.length === 0) {
    throw conflict(
      `Dataset ${dataset.slug} is ${archive ? "archived" : "active"} already.`,
      "There is nothing to do.",
    );
  }
  await audit(ctx, {
    action: archive ? "datasets.dataset.archive" : "datasets.dataset.restore",
    subject: { kind: "dataset", id: dataset.id, label: dataset.slug },
  });
  await notifyLive(ctx.db, ctx.actor.teamId, datasetsTopic, datasetTopic(dataset.id));
  return readDataset(ctx, dataset.id);
}

export const archiveDataset = mutation(
  {
    name: "datasets.dataset.archive",
    permission: WRITE,
    input: DatasetInput,
    summary: "Archive a dataset: its versions stay, new ones are refused",
  },
  ({ ctx, input }) => setArchived(ctx, input.slug, true),
);

export const restoreDataset = mutation(
  {
    name: "datasets.dataset.restore",
    permission: WRITE,
    input: DatasetInput,
    summary: "Restore an archived dataset",
  },
  ({ ctx, input }) => setArchived(ctx, input.slug, false),
);
