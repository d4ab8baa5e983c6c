import { and, eq } from "drizzle-orm";
import type { Db } from "@/db/client";
import { trustedAttestorKeys } from "@/server/composition";
import type { Ctx } from "@/server/core/context";
import {
  PREDICATE_TYPES,
  readableAttestations,
  readableReviews,
  TRIAL,
  verifyAdmission,
} from "@/server/governance";
import type { ModelVersion } from "../load";
import { MLMODEL } from "../rules";
import { StoredScan } from "./scan-schemas";

/** Whether people admitted, by a signed decision about exactly these files, that the code of a version is run. */
async function isAdmitted(ctx: Ctx, version: ModelVersion): Promise<boolean> {
  if (!version.manifestDigest) return false;
  const decisions = await ctx.db
    .select({ envelope: readableAttestations.envelope })
    .from(readableAttestations)
    .where(
      and(
        eq(readableAttestations.subjectKind, "model_version"),
        eq(readableAttestations.subjectId, version.id),
        eq(readableAttestations.predicateType, PREDICATE_TYPES.humanReview),
      ),
    );
  const { admitted } = verifyAdmission({
    evidence: decisions.map((row) => row.envelope),
    publicKeysPem: await trustedAttestorKeys(),
    manifestDigest: version.manifestDigest,
    requirements: { environment: TRIAL, policies: [], humanReview: true },
  });
  return admitted;
}

/** What the scan could not tell to be harmless, file by file; of a version that is served by Python. */
export function ownCodeOf(version: Pick<ModelVersion, "evidence" | "weightsPath">): string[] {
  const scan = StoredScan.safeParse(version.evidence.scan);
  if (!scan.success || version.weightsPath !== MLMODEL) return [];
  return scan.data.files
    .filter((file) => file.verdict === "indeterminate")
    .map((file) => {
      const why = file.findings.find((finding) => finding.severity === "warning")?.message;
      return why ? `${file.path} (${why.replace(/\.$/, "")})` : file.path;
    });
}

export interface NotRun {
  state: "refused" | "awaits_review";
  message: string;
}

/** Why nothing of a version may be run, not even to try it; undefined where it may. */
export async function whyNotRun(ctx: Ctx, version: ModelVersion): Promise<NotRun | undefined> {
  const scan = StoredScan.safeParse(version.evidence.scan);
  if (!scan.success || scan.data.files.some((file) => file.verdict === "fail"))
    return {
      state: "refused",
      message: "The model was not tried, because the scan of its files found something unsafe.",
    };
  const code = ownCodeOf(version);
  if (code.length === 0 || (await isAdmitted(ctx, version))) return undefined;
  return {
    state: "awaits_review",
    message: `The model was not tried, because it runs its own code, which a reviewer must admit first: ${code.slice(0, 3).join("; ")}${code.length > 3 ? "; …" : ""}.`,
  };
}

/** The version whose own code a review is about; undefined for a review of anything else. */
export async function versionTriedBy(db: Db, teamId: string, reviewId: string): Promise<string | undefined> {
  const [review] = await db
    .select({ versionId: readableReviews.subjectId })
    .from(readableReviews)
    .where(
      and(
        eq(readableReviews.id, reviewId),
        eq(readableReviews.teamId, teamId),
        eq(readableReviews.subjectKind, "model_version"),
        eq(readableReviews.environment, TRIAL),
      ),
    );
  return review?.versionId;
}
