import { and, eq, like, or } from "drizzle-orm";
import { readableDatasetVersions } from "@/server/datasets";
import type { Ctx } from "@/server/core/context";

/**
 * The dataset version that a logged digest names: its manifest or content digest, whole or cut (MLflow holds 36 characters), or its id as the
 * logged name. At least 12 hex digits must agree.
 */
export async function datasetIdOfDigest(ctx: Ctx, digest: string, name: string): Promise<string | null> {
  const hex = digest.replace(/^sha256:/, "").toLowerCase();
  const isPrefix = /^[0-9a-f]{12,64}$/.test(hex);
  const conditions = [
    ...(isPrefix
      ? [
          like(readableDatasetVersions.manifestDigest, `sha256:${hex}%`),
          like(readableDatasetVersions.contentDigest, `sha256:${hex}%`),
        ]
      : []),
    eq(readableDatasetVersions.id, name),
  ];
  const [row] = await ctx.db
    .select({ id: readableDatasetVersions.id })
    .from(readableDatasetVersions)
    .where(and(eq(readableDatasetVersions.teamId, ctx.actor.teamId), or(...conditions)))
    .orderBy(readableDatasetVersions.createdAt)
    .limit(1);
  return row?.id ?? null;
}
