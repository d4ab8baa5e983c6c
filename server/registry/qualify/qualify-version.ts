import { and, eq, ne } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import type { ObjectStore } from "@/server/adapters/object-store";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { isAppError } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import {
  evaluateGates,
  gateRunsOf,
  latestGates,
  policiesInForce,
  voidReviews,
  type GateOutcome,
} from "@/server/governance";
import { boundDigestsOf } from "../evidence";
import { hasFiles, loadVersionById, type ModelVersion } from "../load";
import { MLMODEL } from "../rules";
import { askEndpoint, tryEndpoint } from "./try-endpoint";
import { collectRunEvidence, evidenceOf } from "./collect-evidence";
import { digestAfter } from "./gates-digest";
import { draftCard, draftContract, linkDraft } from "./read-drafts";
import { scanVersion } from "./scan-version";
import { sealedFiles, sealFiles, Unusable } from "./seal-files";
import { sourcesOf, type StoredFile } from "./sources";
import { trialTools } from "./trial-runtime";
import { tryVersion } from "./try-version";
import { modelTopic, modelsTopic, versionTopic } from "../kinds";

export interface Qualification {
  versionId: string;
  /** The event that asked for it; its id makes the gate run the same one when a step is repeated. */
  eventId: string;
  /** Why now, in words. */
  trigger: string;
  requestedBy: string;
  /** Judge although the source run has not ended. */
  force: boolean;
  /** Judge what was collected before, because the policies or the scanner changed and nothing else did. */
  storedEvidence?: boolean;
}

async function tell(ctx: Ctx, version: ModelVersion): Promise<void> {
  const topics = [versionTopic(version.id), modelTopic(version.modelId), modelsTopic];
  await notifyLive(ctx.db, version.teamId, ...topics);
}

const nameOf = (version: ModelVersion) => `${version.modelName} v${version.number}`;

/** A version that is deleted, or a prompt, has nothing to qualify. */
export async function qualifiable(ctx: Ctx, versionId: string): Promise<ModelVersion | undefined> {
  try {
    const version = await loadVersionById(ctx, versionId);
    return hasFiles(version) ? version : undefined;
  } catch (error) {
    if (isAppError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}

const withTime = async (ctx: Ctx, version: ModelVersion): Promise<StoredFile[]> =>
  (await sealedFiles(ctx, version.id)).map((file) => ({ ...file, createdAt: version.createdAt }));

/** Step 1: digests of all files, for good, and the scan of each. @throws Unusable */
export async function sealAndScan(ctx: Ctx, store: ObjectStore, versionId: string): Promise<void> {
  const version = await loadVersionById(ctx, versionId);
  const files = await sealFiles(ctx, store, version);
  await scanVersion(ctx, store, await loadVersionById(ctx, versionId), files);
  if (version.endpoint !== null) await askEndpoint(ctx, store, await loadVersionById(ctx, versionId), files);
}

export interface Collected {
  runEnded: boolean;
  /** Whether trying the model begins with installing what it needs. */
  needsPackages: boolean;
}

/** Step 2: drafts of contract and card, and what the run can prove. @throws Unusable */
export const collect = (ctx: Ctx, store: ObjectStore, versionId: string): Promise<Collected> =>
  inTransaction(ctx, async (tx) => {
    // Two qualifications of one version collect one after the other, so that the later one also sees the later state of the run.
    await lockVersion(tx, versionId);
    return collectLocked(tx, store, versionId);
  });

const lockVersion = (tx: Ctx, versionId: string) =>
  tx.db
    .select({ id: modelVersions.id })
    .from(modelVersions)
    .where(eq(modelVersions.id, versionId))
    .for("update");

async function collectLocked(ctx: Ctx, store: ObjectStore, versionId: string): Promise<Collected> {
  const version = await loadVersionById(ctx, versionId);
  const [files, sources] = [await withTime(ctx, version), await sourcesOf(ctx, version)];
  await draftContract(ctx, store, version, files, sources);
  await draftCard(ctx, store, version, files, sources);
  const found = await collectRunEvidence(ctx, store, version, sources, files);
  const { scan, trial } = version.evidence;
  await ctx.db
    .update(modelVersions)
    .set({
      evidence: {
        ...found,
        ...(scan === undefined ? {} : { scan }),
        ...(trial === undefined ? {} : { trial }),
      },
    })
    .where(eq(modelVersions.id, versionId));
  const runEnded = sources.run === null || sources.run.status !== "RUNNING";
  if (runEnded) await linkDraft(ctx, await loadVersionById(ctx, versionId));
  return { runEnded, needsPackages: version.weightsPath === MLMODEL };
}

/** Step 3: whether the model loads and answers, which may take its time. */
export async function tryModel(ctx: Ctx, store: ObjectStore, versionId: string): Promise<void> {
  const version = await loadVersionById(ctx, versionId);
  const files = await withTime(ctx, version);
  if (version.endpoint !== null) await tryEndpoint(ctx, store, version, files);
  else await tryVersion(ctx, store, trialTools, version, files);
}

const STATE_TEXT: Record<GateOutcome["outcome"], string> = {
  pass: "All gates passed.",
  fail: "Some gates failed; the version page says what to do.",
  indeterminate: "The data does not decide every gate; a reviewer must.",
  error: "A gate could not be judged, so it did not pass.",
};

/** What people's approvals of a version are bound to after this judgement. */
async function gatesDigestAfter(tx: Ctx, version: ModelVersion, outcome: GateOutcome): Promise<string> {
  const inForce = await policiesInForce(tx.db, version.teamId);
  const runs = await gateRunsOf(tx, { subjectKind: "model_version", subjectId: version.id, limit: 50 });
  const earlier = runs
    .filter((run) => run.id !== outcome.gateRunId && run.subjectDigest === version.manifestDigest)
    .map((run) => run.verdicts);
  return digestAfter(
    outcome.verdicts,
    earlier,
    version.gatesDigest,
    (key) => tx.now().getTime() < (inForce.get(key)?.graceUntilMs ?? 0),
  );
}

/** Step 4: the policies judge the evidence; then the version is ready. */
export async function judge(ctx: Ctx, input: Qualification): Promise<GateOutcome["outcome"]> {
  const version = await loadVersionById(ctx, input.versionId);
  const evidence = await evidenceOf(ctx, version);
  const outcome = await evaluateGates(ctx, {
    subject: {
      kind: "model_version",
      id: version.id,
      digest: version.manifestDigest ?? "",
      name: nameOf(version),
    },
    evidence,
    trigger: input.trigger,
    requestedBy: input.requestedBy,
    gateRunId: `gr_${digestOf([input.eventId, version.id]).slice("sha256:".length, "sha256:".length + 32)}`,
  });
  await inTransaction(ctx, (tx) => finish(tx, input, version, outcome));
  return outcome.outcome;
}

async function finish(
  tx: Ctx,
  input: Qualification,
  judged: ModelVersion,
  outcome: GateOutcome,
): Promise<void> {
  await lockVersion(tx, judged.id);
  const now = await loadVersionById(tx, judged.id);
  // A contract saved meanwhile has its own event and gate run; this judgement is of the old one and must not stand.
  if (now.contractDigest !== judged.contractDigest || now.gateRunId === outcome.gateRunId) return;
  // Nor must one that was interrupted and is told late, when the gates ran again meanwhile.
  const newest = await latestGates(tx, "model_version", judged.id, judged.manifestDigest ?? undefined);
  if (newest && newest.id !== outcome.gateRunId) return;
  await tx.db
    .update(modelVersions)
    .set({
      state: "ready",
      stateText: STATE_TEXT[outcome.outcome],
      gateRunId: outcome.gateRunId,
      gatesDigest: await gatesDigestAfter(tx, now, outcome),
      gatesOutcome: outcome.outcome,
      qualifiedAt: tx.now(),
      updatedAt: tx.now(),
    })
    .where(and(eq(modelVersions.id, judged.id), ne(modelVersions.state, "deleted")));
  const after = await loadVersionById(tx, judged.id);
  await voidReviews(tx, {
    subjectKind: "model_version",
    subjectId: judged.id,
    currentDigests: await boundDigestsOf(tx, after),
    reason: `The gates ran again (${input.trigger}).`,
  });
  await emit(tx, {
    type: "registry.version_ready",
    payload: { modelId: judged.modelId, versionId: judged.id },
  });
  await tell(tx, judged);
  await audit(tx, {
    action: "registry.version.qualify",
    subject: { kind: "model_version", id: judged.id, label: nameOf(judged) },
    before: { state: judged.state, gatesOutcome: judged.gatesOutcome },
    after: {
      state: "ready",
      gatesOutcome: outcome.outcome,
      gateRunId: outcome.gateRunId,
      manifestDigest: now.manifestDigest,
    },
    reason: input.trigger,
  });
}

/** Files are safe to download, but the gates wait for something. */
export async function readyBeforeGates(ctx: Ctx, versionId: string, until: string): Promise<void> {
  const version = await loadVersionById(ctx, versionId);
  await ctx.db
    .update(modelVersions)
    .set({
      state: "ready",
      stateText: `Files are sealed and scanned. The gates run ${until}.`,
      updatedAt: ctx.now(),
    })
    .where(and(eq(modelVersions.id, versionId), eq(modelVersions.state, "pending")));
  await tell(ctx, version);
}

/** The version can never be used; its state text says why. */
export async function failVersion(ctx: Ctx, versionId: string, reason: string): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    const version = await loadVersionById(tx, versionId);
    const [failed] = await tx.db
      .update(modelVersions)
      .set({ state: "failed", stateText: reason, updatedAt: tx.now() })
      .where(and(eq(modelVersions.id, versionId), eq(modelVersions.state, "pending")))
      .returning({ id: modelVersions.id });
    if (!failed) return;
    await tell(tx, version);
    await audit(tx, {
      action: "registry.version.qualify",
      subject: { kind: "model_version", id: version.id, label: nameOf(version) },
      before: { state: version.state },
      after: { state: "failed" },
      reason,
    });
  });
}

/** Runs a step; the reason when it shows that the version can never be used. */
export async function unusable(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Unusable) return error.message;
    throw error;
  }
}
