import { and, eq } from "drizzle-orm";
import { datasets } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { invalidField } from "@/server/core/errors";
import { createDataset } from "./create-dataset";
import { loadOpenDataset } from "./load";
import { DatasetSlug } from "./schemas";

export const WRITE = "datasets.dataset.write" as const;

export async function openOrCreate(
  ctx: Ctx,
  input: { slug: string; name?: string | undefined; create: boolean },
) {
  const [found] = await ctx.db
    .select({ id: datasets.id })
    .from(datasets)
    .where(and(eq(datasets.teamId, ctx.actor.teamId), eq(datasets.slug, input.slug)));
  if (!found && (input.create || input.name)) {
    const slug = DatasetSlug.safeParse(input.slug);
    if (!slug.success) throw invalidField("slug", slug.error.issues[0]?.message ?? "is no slug");
    return createDataset.within(ctx, { slug: slug.data, name: input.name ?? slug.data });
  }
  return loadOpenDataset(ctx, input.slug);
}
