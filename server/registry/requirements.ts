import type { Ctx } from "@/server/core/context";
import {
  environmentRequirements,
  latestGates,
  policiesInForce,
  reviewStanding,
  TRIAL,
  type Blocker,
  type InForce,
  type PolicyGap,
} from "@/server/governance";
import { boundDigestsOf } from "./evidence";
import { servingIfKnown } from "./hooks";
import type { ModelVersion } from "./load";
import { ownCodeOf } from "./qualify/may-run";
import { StoredTrial } from "./qualify/trial-schemas";
import { versionHref } from "./kinds";
import { reviewHref } from "@/server/governance/kinds";

export const hrefOf = (version: Pick<ModelVersion, "modelName" | "number">): string =>
  versionHref(version.modelName, version.number);

type Gates = Awaited<ReturnType<typeof latestGates>>;

/** The last finished run of the policies on exactly this version's files. */
export async function gatesOf(ctx: Ctx, version: ModelVersion): Promise<Gates> {
  if (!version.manifestDigest) return undefined;
  return latestGates(ctx, "model_version", version.id, version.manifestDigest);
}

/** What the policies in force say of a version in an environment, besides its last gate run. */
interface InEnvironment {
  environment: string;
  inForce: InForce;
  /** Not passed by the policy in force, but by the version before it, whose word counts until the grace ends. */
  leaving: PolicyGap[];
}

async function standingIn(ctx: Ctx, version: ModelVersion, environment: string): Promise<InEnvironment> {
  const admission = version.manifestDigest
    ? await servingIfKnown()?.admission(ctx, version.id, environment)
    : undefined;
  return {
    environment,
    inForce: await policiesInForce(ctx.db, version.teamId),
    leaving: admission?.leaving ?? [],
  };
}

function missingOf(
  version: ModelVersion,
  gates: Gates,
  { environment, inForce, leaving }: InEnvironment,
): Blocker[] {
  const href = hrefOf(version);
  if (version.reference !== null)
    return [
      {
        what: version.stateText,
        clearedBy: "Log the model to this portal and register it from its run",
        href,
      },
    ];
  if (version.state === "pending")
    return [{ what: "The version is still being sealed and scanned.", clearedBy: "Wait a moment", href }];
  if (version.state === "failed")
    return [
      { what: version.stateText, clearedBy: "Log the model again and register it as the next version", href },
    ];
  const blockers: Blocker[] = [];
  if (!version.weightsPath)
    blockers.push({
      what: "The version holds neither an ONNX file nor a model that mlflow.pyfunc loads, so it cannot be served.",
      clearedBy: "Log the model with MLflow, or export it as ONNX, and register it",
      href: `${href}#files`,
    });
  if (!gates || !version.gatesDigest)
    return [
      ...blockers,
      {
        what: "The gates have not run yet.",
        clearedBy: "They run when the source run ends; or run them now",
        href: `${href}#gates`,
      },
    ];
  const { policies } = environmentRequirements(environment);
  for (const key of policies) {
    if (leaving.some((gap) => gap.key === key)) continue;
    const found = gates.verdicts.find((verdict) => verdict.policyKey === key);
    const force = inForce.get(key);
    if (found && force && found.policyDigest !== force.digest) {
      blockers.push({
        what: `${found.title}: judged by version ${found.policyVersion} of the policy; version ${force.version} is in force.`,
        clearedBy: "Run the gates again",
        href: `${href}#gates`,
      });
      continue;
    }
    if (found?.verdict === "pass" || found?.verdict === "indeterminate") continue;
    const waits = key === "contract" && waitsForTrial(version);
    blockers.push({
      what: found ? `${found.title}: ${found.message}` : `The policy ${key} was not judged.`,
      clearedBy: waits ? "Request a review for a trial of its code" : wayOf(version, key),
      href: waits ? href : `${href}#${ANCHOR[key] ?? "gates"}`,
    });
  }
  if (environment === TRIAL && ownCodeOf(version).length === 0)
    blockers.push({
      what: "The scan found no code of its own in this version, so nobody needs to admit a trial.",
      clearedBy: "Request a review for staging or production",
      href,
    });
  return blockers;
}

const CORRECT = "Correct it and run the gates again";

/** Whether a version's own code waits for people to admit that it is tried. */
export const waitsForTrial = (version: Pick<ModelVersion, "evidence">): boolean =>
  StoredTrial.safeParse(version.evidence.trial).data?.state === "awaits_review";

const CLEARED_BY: Record<string, string> = {
  contract: "Edit the contract, or register a model file that matches it",
  provenance: "Train in a job with a registered dataset version as its input",
  "card-completeness": "Fill in the model card",
  "file-scan": "Register a version without the unsafe file",
  evaluation: "Train a version that meets its threshold",
  fairness: "Train a version that treats the groups alike",
};
/** What the run of a model that runs elsewhere would bring. */
const OF_ITS_RUN = ["provenance", "evaluation", "fairness"];
const wayOf = (version: ModelVersion, key: string): string =>
  version.endpoint !== null && version.runId === null && OF_ITS_RUN.includes(key)
    ? "Register it again with the run that evaluated it"
    : (CLEARED_BY[key] ?? CORRECT);
const ANCHOR: Record<string, string> = {
  contract: "contract",
  "card-completeness": "card",
  "file-scan": "files",
};

/** What must be put right before a review for the environment makes sense; policies in doubt are for the review itself. */
export async function missingRequirements(
  ctx: Ctx,
  version: ModelVersion,
  environment: string,
): Promise<Blocker[]> {
  return missingOf(version, await gatesOf(ctx, version), await standingIn(ctx, version, environment));
}

async function blockersOf(
  ctx: Ctx,
  version: ModelVersion,
  gates: Gates,
  standingThere: InEnvironment,
): Promise<Blocker[]> {
  const { environment, leaving } = standingThere;
  const missing = missingOf(version, gates, standingThere);
  const { policies, humanReview } = environmentRequirements(environment);
  const doubtful = (gates?.verdicts ?? []).filter(
    (verdict) =>
      verdict.verdict === "indeterminate" &&
      policies.includes(verdict.policyKey) &&
      !leaving.some((gap) => gap.key === verdict.policyKey),
  );
  // Nobody can review what is not here.
  if (version.reference !== null || (!humanReview && doubtful.length === 0)) return missing;
  const standing = await reviewStanding(ctx, {
    subjectKind: "model_version",
    subjectId: version.id,
    environment,
    digests: await boundDigestsOf(ctx, version),
  });
  if (standing.state === "approved") return missing;
  const href = standing.reviewId ? reviewHref(standing.reviewId) : hrefOf(version);
  const clearedBy = standing.state === "open" ? "A reviewer's decision" : "Request a review";
  return [
    ...missing,
    ...doubtful.map((verdict) => ({
      what: `${verdict.title}: ${verdict.message}`,
      clearedBy: "A reviewer's decision",
      href,
    })),
    { what: standing.reasons.join(" "), clearedBy, href },
  ];
}

/** Everything between this version and an environment, the human review included. */
export async function promotionBlockers(
  ctx: Ctx,
  version: ModelVersion,
  environment: string,
): Promise<Blocker[]> {
  return blockersOf(ctx, version, await gatesOf(ctx, version), await standingIn(ctx, version, environment));
}

/** For both environments, what must be put right and everything that stands in between, from gates that were read once. */
export async function requirementsOf(ctx: Ctx, version: ModelVersion, gates: Gates) {
  const there = {
    staging: await standingIn(ctx, version, "staging"),
    production: await standingIn(ctx, version, "production"),
    trial: await standingIn(ctx, version, TRIAL),
  };
  const [staging, production] = await Promise.all([
    blockersOf(ctx, version, gates, there.staging),
    blockersOf(ctx, version, gates, there.production),
  ]);
  return {
    blockers: { staging, production },
    missingRequirements: {
      staging: missingOf(version, gates, there.staging),
      production: missingOf(version, gates, there.production),
      trial: missingOf(version, gates, there.trial),
    },
    /** What a new version of a policy will no longer pass when its grace ends. */
    leaving: { staging: there.staging.leaving, production: there.production.leaving },
  };
}
