import { and, desc, eq, inArray, or, type SQL } from "drizzle-orm";
import { z } from "zod";
import { auditLog } from "@/db/schema";
import { readableReviews } from "@/server/governance";
import { reviewHref } from "@/server/governance/kinds";
import type { Ctx } from "@/server/core/context";
import { query } from "@/server/core/verb";
import { servingIfKnown } from "./hooks";
import { loadModel, versionsOf, type ModelVersion } from "./load";
import { ModelNameInput } from "./schemas";

const ROWS = 200;
/** What other rows say already: the request of a version's review, and the decision that an end of a rollout follows. */
const SAID_TWICE = new Set([
  "governance.review.request",
  "serving.rollout.complete",
  "serving.rollout.roll-back",
]);

const Side = z.looseObject({ versionId: z.string().nullish() }).nullish().catch(null);
const Payload = z.looseObject({
  subject: z.looseObject({ label: z.string().optional() }),
  reason: z.string().nullish(),
  before: z.unknown(),
  after: z.unknown(),
});

/** What one of the timeline's things is about. */
interface About {
  versionId: string | null;
  deployment: string | null;
  environment: string | null;
  href: string | null;
}

type Things = Map<string, About & { kind: string }>;

async function thingsOf(ctx: Ctx, modelId: string, versions: readonly ModelVersion[]): Promise<Things> {
  const nowhere = { deployment: null, environment: null, href: null };
  const things: Things = new Map([[modelId, { ...nowhere, kind: "model", versionId: null }]]);
  for (const { id } of versions) things.set(id, { ...nowhere, kind: "model_version", versionId: id });
  for (const { id, ...served } of (await servingIfKnown()?.servedThings(ctx, modelId)) ?? [])
    things.set(id, served);
  if (versions.length === 0) return things;
  const ids = versions.map((version) => version.id);
  const reviews = await ctx.db
    .select({
      id: readableReviews.id,
      versionId: readableReviews.subjectId,
      environment: readableReviews.environment,
    })
    .from(readableReviews)
    .where(and(eq(readableReviews.subjectKind, "model_version"), inArray(readableReviews.subjectId, ids)));
  for (const { id, ...review } of reviews)
    things.set(id, { ...review, kind: "review", deployment: null, href: reviewHref(id) });
  return things;
}

/** Each kind with its ids, as the audit log's index is laid out. */
function ofThings(things: Things): SQL | undefined {
  const byKind = new Map<string, string[]>();
  for (const [id, { kind }] of things) byKind.set(kind, [...(byKind.get(kind) ?? []), id]);
  return or(
    ...[...byKind].map(([kind, ids]) =>
      and(eq(auditLog.subjectKind, kind), inArray(auditLog.subjectId, ids)),
    ),
  );
}

/** The audit rows of a model, its versions, their reviews, deployments and rollouts, newest first. */
export const modelTimeline = query(
  {
    name: "registry.model.timeline",
    permission: "registry.model.read",
    input: ModelNameInput,
    summary: "What happened to a model and its versions",
  },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    const versions = await versionsOf(ctx, model.id);
    const numbers = new Map(versions.map((version) => [version.id, version.number]));
    const things = await thingsOf(ctx, model.id, versions);
    const rows = await ctx.db
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.teamId, ctx.actor.teamId), ofThings(things)))
      .orderBy(desc(auditLog.position))
      .limit(ROWS);
    return {
      items: rows
        .filter((row) => !SAID_TWICE.has(row.action))
        .map((row) => {
          const payload = Payload.parse(JSON.parse(row.payload));
          const about = things.get(row.subjectId);
          // An alias that left a version is part of that version's story, too.
          const versionIds = [
            about?.versionId,
            Side.parse(payload.after)?.versionId,
            ...(row.action === "serving.deployment.deploy" ? [] : [Side.parse(payload.before)?.versionId]),
          ].filter((id) => typeof id === "string");
          const number = versionIds[0] === undefined ? undefined : numbers.get(versionIds[0]);
          return {
            id: row.id,
            at: row.at,
            actor: row.actorName,
            action: row.action,
            subjectId: row.subjectId,
            versionIds,
            /** The version it is about first. */
            version: number ?? null,
            deployment: about?.deployment ?? null,
            environment: about?.environment ?? null,
            href: about?.href ?? null,
            label: payload.subject.label ?? row.subjectId,
            reason: payload.reason ?? null,
            before: payload.before,
            after: payload.after,
          };
        }),
    };
  },
);
