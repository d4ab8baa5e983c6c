import { eq, min } from "drizzle-orm";
import { readableLatestMetrics } from "@/server/experiments";
import type { ObjectStore } from "@/server/adapters/object-store";
import type { Ctx } from "@/server/core/context";
import { Contract, ContractCheck } from "../contract/schemas";
import { missingFields, REQUIRED_FIELDS, staleFields } from "../card/rules";
import { cardOf, evidenceDigestsOf } from "../evidence";
import type { ModelVersion } from "../load";
import { parseCsv } from "./csv";
import { datasetsUsed } from "./datasets-used";
import { collectEvaluation, readPredictions, type PredictionRow } from "./evaluation";
import { collectFairness } from "./fairness";
import { collectProvenance } from "./provenance";
import { readText, type Sources, type StoredFile } from "./sources";
import { StoredTrial } from "./trial-schemas";

const PREDICTIONS = "evaluation/predictions.csv";
const FULL_DIGEST = /^sha256:[0-9a-f]{64}$/;

async function predictionsOf(
  store: ObjectStore,
  file: StoredFile | undefined,
): Promise<{ rows: PredictionRow[] } | { problem: string }> {
  if (!file) return { problem: `The run has no artifact ${PREDICTIONS}.` };
  let text: string | undefined;
  try {
    text = await readText(store, file);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { problem: `${PREDICTIONS} is not UTF-8 text.` };
  }
  if (text === undefined) return { problem: `${PREDICTIONS} is larger than 32 MiB.` };
  return readPredictions(parseCsv(text));
}

/**
 * Evidence that follows from the run: provenance, evaluation, fairness. What is missing stays absent (a policy never passes on it), and
 * `missing` says why.
 */
export async function collectRunEvidence(
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion,
  sources: Sources,
  files: readonly StoredFile[],
): Promise<Record<string, unknown>> {
  const datasets = await datasetsUsed(ctx, sources);
  const predictions = sources.runFiles.find((file) => file.path === PREDICTIONS);
  const read = await predictionsOf(store, predictions);
  const rows = "rows" in read ? read.rows : undefined;
  const [first] = sources.run
    ? await ctx.db
        .select({ ms: min(readableLatestMetrics.firstMs) })
        .from(readableLatestMetrics)
        .where(eq(readableLatestMetrics.runId, sources.run.id))
    : [];
  const tagged = sources.run?.tags.find((tag) => tag.key === "modelworks.dataset_digest")?.value;
  const evaluation = collectEvaluation({
    sources,
    datasetDigest: datasets[0]?.digest ?? (tagged && FULL_DIGEST.test(tagged) ? tagged : undefined),
    rows,
    predictions,
    firstMetricMs: first?.ms === null || first?.ms === undefined ? null : Number(first.ms),
  });
  const fairness = collectFairness(sources, rows);
  const missing = {
    ...("missing" in evaluation ? { evaluation: evaluation.missing } : {}),
    ...("missing" in fairness ? { fairness: "problem" in read ? read.problem : fairness.missing } : {}),
  };
  return {
    provenance: collectProvenance(version, sources, datasets, files),
    ...("evidence" in evaluation ? { evaluation: evaluation.evidence } : {}),
    ...("evidence" in fairness ? { fairness: fairness.evidence } : {}),
    ...(Object.keys(missing).length > 0 ? { missing } : {}),
  };
}

const TO_POLICY_SHAPE = (tensor: {
  name: string;
  datatype: string;
  shape: readonly (number | string | null)[];
}) => ({
  name: tensor.name,
  dtype: tensor.datatype,
  shape: tensor.shape,
});

/** What came of the trial of exactly these weights; null when there was none. */
function trialOf(version: ModelVersion) {
  const stored = StoredTrial.safeParse(version.evidence.trial);
  if (!stored.success || stored.data.weightsDigest !== version.weightsDigest) return null;
  // Without its latency: what an approval is bound to must not differ from one trial to the next.
  const { state, message } = stored.data;
  const isAnswer = state === "answered" || state === "not_served";
  return { state: isAnswer ? state : ("refused" as const), message };
}

/** What the policy `contract` judges. */
function contractEvidence(version: ModelVersion) {
  const contract = Contract.safeParse(version.contract);
  const check = ContractCheck.safeParse(version.contractCheck);
  const declared = version.contractDigest !== null && contract.success;
  return {
    declared,
    signatureKnown: check.success && check.data.signatureKnown,
    inputs: declared ? contract.data.inputs.map(TO_POLICY_SHAPE) : [],
    outputs: declared ? contract.data.outputs.map(TO_POLICY_SHAPE) : [],
    mismatches: check.success
      ? check.data.mismatches
      : ["The contract was not compared with the model file."],
    problems: check.success
      ? Object.entries(check.data.problems).map(([field, text]) => `${field} ${text}`)
      : [],
    trial: trialOf(version),
    latencyBoundMs: declared ? contract.data.latencyBoundMs : null,
    cpuMilli: declared ? contract.data.resources.cpuMilli : null,
    memoryBytes: declared ? contract.data.resources.memoryBytes : null,
  };
}

/** What the policy `card-completeness` judges. */
async function cardEvidence(ctx: Ctx, version: ModelVersion) {
  const card = await cardOf(ctx, version.id);
  const fields = card?.fields ?? {};
  return {
    cardDigest: card?.digest ?? null,
    requiredFields: [...REQUIRED_FIELDS],
    missingFields: missingFields(fields),
    staleFields: staleFields(fields, card?.links ?? {}, evidenceDigestsOf(version)),
  };
}

/** What the policies judge of a version, by name; what is missing is absent. */
export async function evidenceOf(ctx: Ctx, version: ModelVersion): Promise<Record<string, unknown>> {
  const { provenance, evaluation, fairness, scan } = version.evidence;
  return Object.fromEntries(
    Object.entries({
      contract: contractEvidence(version),
      card: await cardEvidence(ctx, version),
      provenance,
      evaluation,
      fairness,
      scan,
    }).filter(([, value]) => value !== undefined),
  );
}
