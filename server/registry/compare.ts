import { and, eq, lt, ne } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { type DiffRow, readableReviews, TRIAL } from "@/server/governance";
import { loadVersionById, type ModelVersion } from "./load";
import { FACT_GROUPS, factsOf, type Facts } from "./version-facts";

/** The newest other version of the model that people approved for an environment (any, when none is given). */
export async function lastApproved(
  ctx: Ctx,
  version: ModelVersion,
  environment?: string,
): Promise<ModelVersion | null> {
  const rows = await ctx.db
    .select({ id: modelVersions.id, number: modelVersions.number })
    .from(modelVersions)
    .innerJoin(
      readableReviews,
      and(eq(readableReviews.subjectKind, "model_version"), eq(readableReviews.subjectId, modelVersions.id)),
    )
    .where(
      and(
        eq(modelVersions.modelId, version.modelId),
        eq(modelVersions.teamId, ctx.actor.teamId),
        ne(modelVersions.state, "deleted"),
        lt(modelVersions.number, version.number),
        eq(readableReviews.state, "approved"),
        environment ? eq(readableReviews.environment, environment) : ne(readableReviews.environment, TRIAL),
      ),
    );
  const newest = rows.toSorted((a, b) => b.number - a.number)[0];
  return newest ? loadVersionById(ctx, newest.id) : null;
}

/** What differs between two versions, and nothing else. A digest that differs says so in words and stands behind them. */
export async function diffVersions(
  ctx: Ctx,
  before: ModelVersion | null,
  after: ModelVersion,
): Promise<DiffRow[]> {
  const old: Facts = before ? await factsOf(ctx, before) : new Map();
  return differencesOf(old, await factsOf(ctx, after));
}

/** Exported for its test: the rows of two sets of facts that differ, in the order of their headings. */
export function differencesOf(old: Facts, now: Facts): DiffRow[] {
  const keys = [...new Set([...old.keys(), ...now.keys()])];
  return keys
    .flatMap((key): DiffRow[] => {
      const [a, b] = [old.get(key), now.get(key)];
      const known = b ?? a;
      if (!known || (a?.value === b?.value && a?.digest === b?.digest)) return [];
      // The same words for another content: the digests alone tell them apart.
      const isHidden = a !== undefined && a.value === b?.value;
      return [
        {
          group: known.group,
          label: known.label,
          before: a?.value ?? null,
          after: isHidden ? `${known.value}, with other content` : (b?.value ?? null),
          ...(known.digest === undefined
            ? {}
            : { digests: { before: a?.digest ?? null, after: b?.digest ?? null } }),
        },
      ];
    })
    .toSorted((a, b) => FACT_GROUPS.indexOf(a.group) - FACT_GROUPS.indexOf(b.group));
}
