import { and, eq, inArray, sql } from "drizzle-orm";
import { modelAliases, modelVersions } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { forbidden } from "@/server/core/errors";
import { TRIAL } from "@/server/governance";
import { admissionOfVersion } from "./hooks";
import type { ModelVersion, RegisteredModel } from "./load";
import { promotionBlockers } from "./requirements";
import { environmentOfAlias, isProtectedName, STAGE_ENVIRONMENT, type Protection } from "./rules";
import { ProtectionSetting } from "./schemas";
import { modelHref, versionHref } from "./kinds";

type Named = Pick<RegisteredModel, "id" | "teamId" | "name" | "aliasProtection">;

/** Why a model counts as governed: it, or a deleted one of its name, was deployed or approved. Clients know it by its name. */
async function governedBecause(ctx: Ctx, model: Named): Promise<string | null> {
  const { rows } = await ctx.db.execute<{ deployed: string | null; approved: number | null }>(sql`
    with same as (
      select id from registered_models
      where team_id = ${model.teamId} and (id = ${model.id} or name = ${model.name}::text || ' (deleted ' || id || ')')
    )
    select
      (select d.name from deployments d where d.model_id in (select id from same) order by d.created_at limit 1) as deployed,
      (select v.number from reviews r
         join review_decisions x on x.review_id = r.id and x.decision = 'approve' and r.environment <> ${TRIAL}
         join model_versions v on v.id = r.subject_id
         where r.subject_kind = 'model_version' and v.model_id in (select id from same)
         order by x.created_at limit 1) as approved`);
  const [row] = rows;
  if (row?.deployed) return `it was deployed as ${row.deployed}`;
  return row?.approved ? `version ${row.approved} was approved` : null;
}

/** Whether the aliases and stages of a model move through gates only, and why. */
export async function protectionOf(ctx: Ctx, model: Named): Promise<Protection> {
  const setting = ProtectionSetting.parse(model.aliasProtection ?? {});
  const governed = await governedBecause(ctx, model);
  const on = setting.mode === "on" || (setting.mode === "default" && governed !== null);
  const because =
    setting.mode === "on"
      ? "a team admin switched it on"
      : setting.mode === "off"
        ? "a team admin switched it off"
        : (governed ?? "the model was never deployed or approved");
  return { ...setting, on, because };
}

/** The environment whose gates an alias passes when it moves; null when it moves freely. */
export const gateOfAlias = (protection: Protection, alias: string): string | null =>
  isProtectedName(protection, alias) ? environmentOfAlias(alias) : null;

/** The environment whose gates a stage's label passes; null when it moves freely. */
export const gateOfStage = (protection: Protection, stage: string): string | null =>
  protection.on ? (STAGE_ENVIRONMENT[stage] ?? null) : null;

const pageOf = (href: string) => `${env().portalUrl}${href}`;

/**
 * Lets a protected name point at a version only if its environment admits the version now.
 * @throws AppError `forbidden`, with what is missing and where to ask for it.
 */
export async function requireAdmitted(
  ctx: Ctx,
  version: ModelVersion,
  protectedName: string,
  environment: string,
): Promise<void> {
  const admission = await admissionOfVersion(ctx, version.id, environment);
  if (admission.admitted) return;
  const blockers = await promotionBlockers(ctx, version, environment);
  const missing = blockers.length > 0 ? blockers.map(({ what }) => what) : admission.missing;
  const [first] = blockers;
  const next = first?.clearedBy ?? "See what blocks promotion";
  const href = pageOf(first?.href ?? `${versionHref(version.modelName, version.number)}#blockers`);
  throw forbidden(
    `${protectedName} of ${version.modelName} is protected: version ${version.number} is not admitted to ${environment}. Missing: ${missing.join(" ")}`,
    `${next}: ${href}`,
    { reason: "protected", environment, missing, blockers, href },
  );
}

interface Carried {
  /** `Alias production`, `Stage Staging`. */
  what: string;
  environment: string;
  version: { id: string; number: number };
}

/** The protected aliases and stages that versions of a model carry. */
export async function carriedBy(
  ctx: Ctx,
  modelId: string,
  protection: Protection,
  versionId?: string,
): Promise<Carried[]> {
  const own = and(
    eq(modelVersions.modelId, modelId),
    versionId === undefined ? undefined : eq(modelVersions.id, versionId),
  );
  const aliases = await ctx.db
    .select({ alias: modelAliases.alias, id: modelVersions.id, number: modelVersions.number })
    .from(modelAliases)
    .innerJoin(modelVersions, eq(modelVersions.id, modelAliases.versionId))
    .where(own)
    .orderBy(modelAliases.alias);
  const stages = await ctx.db
    .select({ stage: modelVersions.stage, id: modelVersions.id, number: modelVersions.number })
    .from(modelVersions)
    .where(
      and(
        own,
        inArray(modelVersions.stage, Object.keys(STAGE_ENVIRONMENT)),
        inArray(modelVersions.state, ["pending", "ready", "failed"]),
      ),
    )
    .orderBy(modelVersions.number);
  const named = [
    ...aliases.map(({ alias, ...version }) => ({
      what: `Alias ${alias}`,
      environment: gateOfAlias(protection, alias),
      version,
    })),
    ...stages.map(({ stage, ...version }) => ({
      what: `Stage ${stage}`,
      environment: gateOfStage(protection, stage),
      version,
    })),
  ];
  return named.flatMap(({ environment, ...rest }) =>
    environment === null ? [] : [{ ...rest, environment }],
  );
}

const SWITCH = "A team admin can switch the protection off on the model's page.";

/** @throws AppError `forbidden` when what is about to go carries a protected alias or stage. */
export function requireFree(model: { name: string }, carried: readonly Carried[], act: string): void {
  const [first] = carried;
  if (!first) return;
  const href = pageOf(`${modelHref(model.name)}#protection`);
  throw forbidden(
    `${first.what} of ${model.name} is protected and points at version ${first.version.number}, so ${act}.`,
    `Move it to another admitted version first. ${SWITCH} ${href}`,
    { reason: "protected", carried: carried.map(({ what }) => what), href },
  );
}

/** @throws AppError `forbidden`: clients load a governed model by its name, which another could take afterwards. */
export function requireNameFree(model: { name: string }, protection: Protection): void {
  if (!protection.on) return;
  const href = pageOf(`${modelHref(model.name)}#protection`);
  throw forbidden(
    `${model.name} is protected (${protection.because}), so its name stays: clients load it by this name.`,
    `${SWITCH} ${href}`,
    { reason: "protected", href },
  );
}

/** Whether each protected alias and stage that a model carries points at a version that its environment admits now. */
export async function carriedStanding(ctx: Ctx, modelId: string, protection: Protection) {
  const standing = [];
  for (const { what, environment, version } of await carriedBy(ctx, modelId, protection)) {
    const { admitted, missing } = await admissionOfVersion(ctx, version.id, environment);
    standing.push({ what, environment, number: version.number, admitted, missing });
  }
  return standing;
}
