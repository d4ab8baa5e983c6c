import { and, eq, inArray, isNull, ne } from "drizzle-orm";
import { deployments, rollouts } from "@/db/schema";
import { systemActor } from "@/server/core/actor";
import type { Ctx } from "@/server/core/context";
import { invalidField } from "@/server/core/errors";
import { mutation, query } from "@/server/core/verb";
import {
  enforcementOf,
  environmentRequirements,
  evaluatePolicy,
  parsePolicyDocument,
  type PolicyGap,
  PolicyKeyInput,
  PreviewPolicyInput,
  readableReviews,
} from "@/server/governance";
import { evidenceOf, readableModels, readableVersions, versionOf } from "@/server/registry";
import { admissionNow, admissionOf } from "./admission";
import { deploymentHref } from "./kinds";
import { reviewHref } from "@/server/governance/kinds";

/** A version in a place where a policy decides over it. */
interface Place {
  teamId: string;
  versionId: string;
  number: number;
  modelName: string;
  environment: string;
  /** `stable`, `canary`, or `review` while it awaits people. */
  arm: "stable" | "canary" | "review";
  /** Of the deployment; null for a review. */
  deployment: string | null;
  href: string;
}

const openRollout = and(eq(rollouts.deploymentId, deployments.id), isNull(rollouts.finishedAt));

/** Everything deployed, and everything that awaits a decision, where the policy is required. `teamId` left out: of all teams. */
async function placesOf(ctx: Ctx, policyKey: string, teamId?: string): Promise<Place[]> {
  const serving = await ctx.db
    .select({
      teamId: deployments.teamId,
      name: deployments.name,
      environment: deployments.environment,
      stable: deployments.stableVersionId,
      canary: rollouts.toVersionId,
    })
    .from(deployments)
    .leftJoin(rollouts, openRollout)
    .where(and(isNull(deployments.retiredAt), teamId ? eq(deployments.teamId, teamId) : undefined))
    .orderBy(deployments.environment, deployments.name);
  const awaiting = await ctx.db
    .select({
      id: readableReviews.id,
      teamId: readableReviews.teamId,
      versionId: readableReviews.subjectId,
      environment: readableReviews.environment,
    })
    .from(readableReviews)
    .where(
      and(
        eq(readableReviews.state, "open"),
        eq(readableReviews.subjectKind, "model_version"),
        teamId ? eq(readableReviews.teamId, teamId) : undefined,
      ),
    );
  const found = [
    ...serving.flatMap(({ teamId: team, name, environment, stable, canary }) =>
      (
        [
          ["stable", stable],
          ["canary", canary],
        ] as const
      ).flatMap(([arm, versionId]) =>
        versionId === null
          ? []
          : [{ teamId: team, versionId, environment, arm, deployment: name, href: deploymentHref(name) }],
      ),
    ),
    ...awaiting.map(({ id, ...rest }) => ({
      ...rest,
      arm: "review" as const,
      deployment: null,
      href: reviewHref(id),
    })),
  ].filter(({ environment }) => environmentRequirements(environment).policies.includes(policyKey));
  const labels = await labelsOf(
    ctx,
    found.map(({ versionId }) => versionId),
  );
  return found.flatMap((place) => {
    const label = labels.get(place.versionId);
    return label ? [{ ...place, ...label }] : [];
  });
}

async function labelsOf(ctx: Ctx, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, { number: number; modelName: string }>();
  const rows = await ctx.db
    .select({ id: readableVersions.id, number: readableVersions.number, modelName: readableModels.name })
    .from(readableVersions)
    .innerJoin(readableModels, eq(readableModels.id, readableVersions.modelId))
    .where(
      and(
        inArray(readableVersions.id, [...new Set(ids)]),
        ne(readableVersions.state, "deleted"),
        isNull(readableModels.archivedAt),
      ),
    );
  return new Map(rows.map(({ id, ...label }) => [id, label]));
}

export type ImpactState = "passes" | "leaving" | "fallen" | "stopped";

async function standingOf(ctx: Ctx, place: Place, key: string) {
  const { fallen, leaving } = await admissionNow(ctx, place.versionId, place.environment);
  const of = (gaps: readonly PolicyGap[]) => gaps.find((gap) => gap.key === key);
  const gap = of(fallen);
  if (!gap) {
    const soon = of(leaving);
    return { state: (soon ? "leaving" : "passes") as ImpactState, gap: soon };
  }
  if (gap.onFallOut !== "stop" || place.arm === "review") return { state: "fallen" as ImpactState, gap };
  const serving = await admissionOf(ctx.db, place.versionId, place.environment, {
    asServing: true,
    now: ctx.now(),
  });
  return { state: (serving.admitted ? "fallen" : "stopped") as ImpactState, gap };
}

/** What of the team is deployed or awaiting and does not, or will soon not, pass a policy as it is in force. */
export const policyAffected = query(
  {
    name: "serving.policy.affected",
    permission: "serving.deployment.read",
    input: PolicyKeyInput,
    summary: "What is deployed or awaiting and falls out by a policy",
  },
  async ({ ctx, input }) => {
    const places = await placesOf(ctx, input.key, ctx.actor.teamId);
    const items = [];
    for (const { teamId: _team, ...place } of places) {
      const { state, gap } = await standingOf(ctx, { ...place, teamId: ctx.actor.teamId }, input.key);
      if (state === "passes" || !gap) continue;
      items.push({ ...place, state, why: gap.why, graceUntil: gap.graceUntil, onFallOut: gap.onFallOut });
    }
    return { considered: places.length, items };
  },
);
export type AffectedItem = Awaited<ReturnType<typeof policyAffected.execute>>["items"][number];

/** Judged in one dry run; more would keep the browser waiting. */
const MOST_VERSIONS = 300;

/**
 * What a document would do if it were in force: judges everything deployed or awaiting by the evidence that is stored, and keeps nothing.
 * Places of other teams are counted, not named.
 */
export const previewPolicy = mutation(
  {
    name: "serving.policy.preview",
    permission: "governance.policy.write",
    input: PreviewPolicyInput,
    summary: "Dry run of a policy on what is deployed or awaiting",
    audit: "none: it changes nothing",
    transactional: false,
  },
  async ({ ctx, input }) => {
    const document = parsePolicyDocument(input.source);
    if (document.metadata.key !== input.key)
      throw invalidField("source", `must keep the key ${input.key}; it names ${document.metadata.key}`);
    const enforcement = enforcementOf(document);
    const places = await placesOf(ctx, input.key);
    const ids = [...new Set(places.map(({ versionId }) => versionId))].slice(0, MOST_VERSIONS);
    const results = new Map<string, { verdict: string; message: string }>();
    for (const id of ids) {
      const teamId = places.find((place) => place.versionId === id)?.teamId ?? "";
      const acting: Ctx = { ...ctx, actor: systemActor(teamId) };
      const { verdict, rules } = await evaluatePolicy(
        document,
        await evidenceOf(acting, await versionOf(acting, id)),
      );
      const told = rules.filter(({ outcome }) => outcome !== "pass" && outcome !== "skipped");
      results.set(id, { verdict, message: told.map(({ message }) => message).join(" ") });
    }
    const failing = places.flatMap((place) => {
      const result = results.get(place.versionId);
      return result && result.verdict !== "pass" ? [{ ...place, ...result }] : [];
    });
    const [own, others] = [
      failing.filter(({ teamId }) => teamId === ctx.actor.teamId),
      failing.filter(({ teamId }) => teamId !== ctx.actor.teamId),
    ];
    return {
      ...enforcement,
      fallsOutAt: new Date(ctx.now().getTime() + enforcement.graceMs),
      judged: ids.length,
      notJudged: new Set(places.map(({ versionId }) => versionId)).size - ids.length,
      items: own.map(({ teamId: _team, ...item }) => item),
      otherTeams: { places: others.length, teams: new Set(others.map(({ teamId }) => teamId)).size },
    };
  },
);
export type PolicyPreview = Awaited<ReturnType<typeof previewPolicy.execute>>;
