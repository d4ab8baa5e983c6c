import { and, eq, isNotNull, isNull } from "drizzle-orm";
import { datasets } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { loadDataset } from "./load";
import { readDataset } from "./queries";
import { datasetTopic, datasetsTopic } from "./kinds";

export const WRITE = "datasets.dataset.write" as const;

export async function setArchived(ctx: Ctx, slug: string, archive: boolean) {
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
