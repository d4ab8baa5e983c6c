import { and, eq } from "drizzle-orm";
import { gateRuns, gateVerdicts } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { conflict } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import {
  prepareAttestation,
  recordAttestations,
  type PreparedAttestation,
  type SubjectRef,
} from "../attestations/attest";
import { CEL_ENGINE, evaluatePolicy, type PolicyResult } from "../cel";
import { combineVerdicts, type Verdict } from "../rules";
import { PREDICATE_TYPES, type PredicateOf } from "../trust";
import { gateRunOf, type GateRunView } from "./queries";
import { activePolicies, syncBuiltInPolicies, type PolicyRow } from "./sync-policies";
import { topicsOfThing } from "@/server/plates/kinds";

export interface EvaluateGatesInput {
  subject: SubjectRef;
  /** By name, as the policies ask for it: contract, provenance, card, scan, evaluation, fairness. */
  evidence: Record<string, unknown>;
  /** Why now, such as `registered` or `evidence changed`. */
  trigger: string;
  requestedBy: string;
  /** Repeats of one workflow step give the same id: a finished run is then returned as it is. */
  gateRunId?: string;
}

export interface GateOutcome {
  gateRunId: string;
  outcome: Verdict;
  verdicts: GateRunView["verdicts"];
}

interface Judged {
  policy: PolicyRow;
  result: PolicyResult;
  evidence: Record<string, unknown>;
  prepared: PreparedAttestation;
}

/**
 * Runs every policy in force on the evidence handed in; missing evidence and errors never pass. Two short transactions: one opens
 * the run, one writes all verdicts with their attestations and log entries. Evaluation happens between them, outside.
 * @throws AppError `conflict` when `gateRunId` belongs to another subject.
 */
export async function evaluateGates(ctx: Ctx, input: EvaluateGatesInput): Promise<GateOutcome> {
  const gateRunId = input.gateRunId ?? newId("gateRun");
  const earlier = await openRun(ctx, gateRunId, input);
  if (earlier) return earlier;
  let active = await activePolicies(ctx);
  if (active.length === 0) {
    await syncBuiltInPolicies(ctx);
    active = await activePolicies(ctx);
  }
  const judged: Judged[] = [];
  for (const policy of active) judged.push(await judge(ctx, gateRunId, input, policy));
  const outcome = combineVerdicts(judged.map(({ result }) => result.verdict));
  await inTransaction(ctx, (tx) => finishRun(tx, gateRunId, input, judged, outcome));
  const view = await gateRunOf(ctx, gateRunId);
  return { gateRunId, outcome: view.outcome ?? outcome, verdicts: view.verdicts };
}

async function openRun(
  ctx: Ctx,
  gateRunId: string,
  { subject, evidence, trigger, requestedBy }: EvaluateGatesInput,
): Promise<GateOutcome | undefined> {
  const [made] = await ctx.db
    .insert(gateRuns)
    .values({
      id: gateRunId,
      teamId: ctx.actor.teamId,
      subjectKind: subject.kind,
      subjectId: subject.id,
      subjectDigest: subject.digest,
      evidenceDigest: digestOf(evidence),
      state: "running",
      trigger,
      requestedBy,
      createdAt: ctx.now(),
    })
    .onConflictDoNothing()
    .returning({ id: gateRuns.id });
  if (made) return undefined;
  const run = await gateRunOf(ctx, gateRunId);
  if (run.subjectId !== subject.id || run.subjectDigest !== subject.digest) {
    throw conflict(`Gate run ${gateRunId} judged another subject.`, "Start a new gate run.");
  }
  return run.state === "finished"
    ? { gateRunId, outcome: run.outcome ?? "error", verdicts: run.verdicts }
    : undefined;
}

async function judge(
  ctx: Ctx,
  gateRunId: string,
  { subject, evidence }: EvaluateGatesInput,
  policy: PolicyRow,
): Promise<Judged> {
  const result = await evaluatePolicy(policy.document, evidence);
  const picked = Object.fromEntries(
    policy.document.spec.evidence.flatMap((name) =>
      Object.hasOwn(evidence, name) ? [[name, evidence[name]]] : [],
    ),
  );
  const predicate: PredicateOf<typeof PREDICATE_TYPES.policyEvaluation> = {
    policy: {
      key: policy.key,
      version: policy.version,
      digest: { sha256: policy.digest.replace(/^sha256:/, "") },
    },
    engine: { ...CEL_ENGINE },
    inputs: result.inputs.map((item) => ({
      name: item.name,
      digest: { sha256: item.digest.replace(/^sha256:/, "") },
    })),
    verdict: result.verdict,
    rules: result.rules.map(({ id, outcome, message, values }) => ({ id, outcome, message, values })),
    evaluatedOn: ctx.now().toISOString(),
  };
  const prepared = await prepareAttestation({
    subject,
    predicateType: PREDICATE_TYPES.policyEvaluation,
    predicate,
    label: policy.key,
    result: result.verdict,
    dedupKey: `gate:${gateRunId}:${policy.key}`,
  });
  return { policy, result, evidence: picked, prepared };
}

async function finishRun(
  tx: Ctx,
  gateRunId: string,
  { subject, trigger }: EvaluateGatesInput,
  judged: readonly Judged[],
  outcome: Verdict,
): Promise<void> {
  const [finished] = await tx.db
    .update(gateRuns)
    .set({ state: "finished", outcome, finishedAt: tx.now() })
    .where(and(eq(gateRuns.id, gateRunId), eq(gateRuns.state, "running")))
    .returning({ id: gateRuns.id });
  // A second worker that resumed the same step has written everything already.
  if (!finished) return;
  const attested = await recordAttestations(
    tx,
    judged.map(({ prepared }) => prepared),
  );
  if (judged.length > 0) {
    await tx.db.insert(gateVerdicts).values(
      judged.map(({ policy, result, evidence }, at) => ({
        gateRunId,
        policyKey: policy.key,
        policyVersion: policy.version,
        policyDigest: policy.digest,
        verdict: result.verdict,
        rules: result.rules,
        evidence: { inputs: result.inputs, values: evidence },
        attestationId: attested[at]?.attestationId ?? null,
        createdAt: tx.now(),
      })),
    );
  }
  await audit(tx, {
    action: "governance.gate.run",
    subject: { kind: subject.kind, id: subject.id, label: subject.name },
    after: {
      gateRunId,
      outcome,
      verdicts: Object.fromEntries(judged.map(({ policy, result }) => [policy.key, result.verdict])),
    },
    reason: trigger,
  });
  await emit(tx, {
    type: "governance.gates_finished",
    payload: { gateRunId, subjectId: subject.id, outcome },
  });
  await notifyLive(tx.db, tx.actor.teamId, ...topicsOfThing(subject.kind, subject.id));
}
