import { and, asc, desc, eq, inArray } from "drizzle-orm";
import { z } from "zod";
import { attestations, gateRuns, gateVerdicts, policies } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import type { Verdict } from "../rules";

const VerdictWord = z.enum(["pass", "fail", "indeterminate", "error"]);
const RuleRow = z.object({
  id: z.string(),
  title: z.string(),
  outcome: z.enum(["pass", "fail", "indeterminate", "error", "skipped"]),
  message: z.string(),
  values: z.record(z.string(), z.string()),
});
const EvidenceRow = z.object({
  inputs: z.array(z.object({ name: z.string(), digest: z.string() })),
  values: z.record(z.string(), z.unknown()),
});

export type RuleView = z.infer<typeof RuleRow>;

export interface VerdictView {
  policyKey: string;
  policyVersion: number;
  policyDigest: string;
  title: string;
  verdict: Verdict;
  rules: RuleView[];
  /** Digest of each piece of evidence that was judged, and the evidence itself. */
  inputs: { name: string; digest: string }[];
  evidence: Record<string, unknown>;
  /** The first rule that did not pass, in words; or that all did. */
  message: string;
  attestationId: string | null;
  leafIndex: number | null;
}

export interface GateRunView {
  id: string;
  subjectKind: string;
  subjectId: string;
  subjectDigest: string;
  evidenceDigest: string | null;
  state: string;
  outcome: Verdict | null;
  trigger: string;
  requestedBy: string;
  createdAt: Date;
  finishedAt: Date | null;
  verdicts: VerdictView[];
}

function messageOf(rules: readonly RuleView[]): string {
  const told = rules.filter((rule) => rule.outcome !== "pass" && rule.outcome !== "skipped");
  if (told.length === 0) {
    const passed = rules.filter((rule) => rule.outcome === "pass").length;
    return passed === 0 ? "No rule applied." : `All ${passed} rules hold.`;
  }
  return told.map(({ message }) => (/[.!?]$/u.test(message) ? message : `${message}.`)).join(" ");
}

async function withVerdicts(ctx: Ctx, runs: (typeof gateRuns.$inferSelect)[]): Promise<GateRunView[]> {
  if (runs.length === 0) return [];
  const rows = await ctx.db
    .select({ verdict: gateVerdicts, title: policies.title, leafIndex: attestations.leafIndex })
    .from(gateVerdicts)
    .leftJoin(policies, eq(policies.digest, gateVerdicts.policyDigest))
    .leftJoin(attestations, eq(attestations.id, gateVerdicts.attestationId))
    .where(
      inArray(
        gateVerdicts.gateRunId,
        runs.map((run) => run.id),
      ),
    )
    .orderBy(asc(gateVerdicts.policyKey));
  return runs.map((run) => ({
    id: run.id,
    subjectKind: run.subjectKind,
    subjectId: run.subjectId,
    subjectDigest: run.subjectDigest,
    evidenceDigest: run.evidenceDigest,
    state: run.state,
    outcome: run.outcome === null ? null : VerdictWord.parse(run.outcome),
    trigger: run.trigger,
    requestedBy: run.requestedBy,
    createdAt: run.createdAt,
    finishedAt: run.finishedAt,
    verdicts: rows
      .filter(({ verdict }) => verdict.gateRunId === run.id)
      .map(({ verdict, title, leafIndex }) => {
        const rules = z.array(RuleRow).parse(verdict.rules);
        const evidence = EvidenceRow.parse(verdict.evidence);
        return {
          policyKey: verdict.policyKey,
          policyVersion: verdict.policyVersion,
          policyDigest: verdict.policyDigest,
          title: title ?? verdict.policyKey,
          verdict: VerdictWord.parse(verdict.verdict),
          rules,
          inputs: evidence.inputs,
          evidence: evidence.values,
          message: messageOf(rules),
          attestationId: verdict.attestationId,
          leafIndex,
        };
      }),
  }));
}

/** One gate run of the caller's team. @throws AppError `not_found` */
export async function gateRunOf(ctx: Ctx, id: string): Promise<GateRunView> {
  const rows = await ctx.db
    .select()
    .from(gateRuns)
    .where(and(eq(gateRuns.id, id), eq(gateRuns.teamId, ctx.actor.teamId)));
  const [run] = await withVerdicts(ctx, rows);
  if (!run) throw notFound("gate run", id);
  return run;
}

/** Gate runs of a subject, newest first. */
export async function gateRunsOf(
  ctx: Ctx,
  { subjectKind, subjectId, limit = 20 }: { subjectKind: string; subjectId: string; limit?: number },
): Promise<GateRunView[]> {
  const rows = await ctx.db
    .select()
    .from(gateRuns)
    .where(
      and(
        eq(gateRuns.teamId, ctx.actor.teamId),
        eq(gateRuns.subjectKind, subjectKind),
        eq(gateRuns.subjectId, subjectId),
      ),
    )
    .orderBy(desc(gateRuns.createdAt), desc(gateRuns.id))
    .limit(limit);
  return withVerdicts(ctx, rows);
}

/** The last finished run of the policies on a subject, for one content digest if given. */
export async function latestGates(
  ctx: Ctx,
  subjectKind: string,
  subjectId: string,
  digest?: string,
): Promise<GateRunView | undefined> {
  const rows = await ctx.db
    .select()
    .from(gateRuns)
    .where(
      and(
        eq(gateRuns.teamId, ctx.actor.teamId),
        eq(gateRuns.subjectKind, subjectKind),
        eq(gateRuns.subjectId, subjectId),
        eq(gateRuns.state, "finished"),
        digest === undefined ? undefined : eq(gateRuns.subjectDigest, digest),
      ),
    )
    .orderBy(desc(gateRuns.createdAt), desc(gateRuns.id))
    .limit(1);
  return (await withVerdicts(ctx, rows))[0];
}
