import { and, desc, eq, isNull, or, sql } from "drizzle-orm";
import { z } from "zod";
import { attestations, gateRuns, gateVerdicts, policies } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { NoInput, query } from "@/server/core/verb";
import { enforcementOf, loadBuiltInPolicies, PolicyDocument, policyDigest } from "../cel";
import { environmentRequirements } from "../rules";
import { GateRunIdInput, PolicyHistoryInput, PolicyKeyInput, SubjectInput } from "../schemas";
import { sinceOf } from "./in-force";
import { gateRunOf, gateRunsOf } from "./queries";

const READ = "governance.policy.read" as const;
const ENVIRONMENTS = ["staging", "production"] as const;

const requiredIn = (key: string) =>
  ENVIRONMENTS.filter((environment) => environmentRequirements(environment).policies.includes(key));

const visible = (ctx: Ctx) => or(isNull(policies.teamId), eq(policies.teamId, ctx.actor.teamId));

/** How often each policy came to each verdict in this team. */
async function verdictCounts(ctx: Ctx): Promise<Map<string, Record<string, number>>> {
  const rows = await ctx.db
    .select({
      key: gateVerdicts.policyKey,
      verdict: gateVerdicts.verdict,
      count: sql<number>`count(*)::int`,
    })
    .from(gateVerdicts)
    .innerJoin(gateRuns, eq(gateRuns.id, gateVerdicts.gateRunId))
    .where(eq(gateRuns.teamId, ctx.actor.teamId))
    .groupBy(gateVerdicts.policyKey, gateVerdicts.verdict);
  const counts = new Map<string, Record<string, number>>();
  for (const { key, verdict, count } of rows) counts.set(key, { ...counts.get(key), [verdict]: count });
  return counts;
}

export const listPolicies = query(
  {
    name: "governance.policy.list",
    permission: READ,
    input: NoInput,
    summary: "The policies in force",
  },
  async ({ ctx }) => {
    const rows = await ctx.db
      .select()
      .from(policies)
      .where(and(isNull(policies.retiredAt), visible(ctx)))
      .orderBy(policies.key);
    const counts = await verdictCounts(ctx);
    return {
      items: rows.map((row) => {
        const document = PolicyDocument.parse(row.document);
        const { spec } = document;
        return {
          id: row.id,
          key: row.key,
          version: row.version,
          title: row.title,
          digest: row.digest,
          since: sinceOf(row),
          ...enforcementOf(document),
          evidence: spec.evidence,
          ruleCount: spec.rules.length,
          requiredIn: requiredIn(row.key),
          verdicts: counts.get(row.key) ?? {},
        };
      }),
    };
  },
);
export type PolicyListItem = Awaited<ReturnType<typeof listPolicies.execute>>["items"][number];

export const getPolicy = query(
  {
    name: "governance.policy.get",
    permission: READ,
    input: PolicyKeyInput,
    summary: "One policy: its document, rules in words and versions",
  },
  async ({ ctx, input }) => {
    const rows = await ctx.db
      .select()
      .from(policies)
      .where(and(eq(policies.key, input.key), visible(ctx)))
      .orderBy(desc(policies.version));
    const row = rows.find((each) => each.retiredAt === null) ?? rows[0];
    if (!row) throw notFound("policy", input.key);
    const document = PolicyDocument.parse(row.document);
    const { spec } = document;
    const enforcement = enforcementOf(document);
    const release = (await loadBuiltInPolicies()).find((each) => each.key === row.key);
    return {
      id: row.id,
      key: row.key,
      version: row.version,
      title: row.title,
      digest: row.digest,
      source: row.source,
      since: sinceOf(row),
      ...enforcement,
      graceUntil: new Date(sinceOf(row).getTime() + enforcement.graceMs),
      /** Whether verdicts of an earlier version count beside its own. */
      inGrace: rows.length > 1 && ctx.now().getTime() < sinceOf(row).getTime() + enforcement.graceMs,
      /** The release's own document, where a person put another one in force. */
      releaseSource: release && policyDigest(release.document) !== row.digest ? release.text : null,
      predicate: spec.predicate,
      evidence: spec.evidence,
      rules: spec.rules,
      requiredIn: requiredIn(row.key),
      versions: rows.map((each) => ({
        version: each.version,
        digest: each.digest,
        since: sinceOf(each),
        retiredAt: each.retiredAt,
      })),
    };
  },
);
export type PolicyDetail = Awaited<ReturnType<typeof getPolicy.execute>>;

export const policyHistory = query(
  {
    name: "governance.policy.history",
    permission: READ,
    input: PolicyHistoryInput,
    summary: "Verdicts that a policy came to, newest first",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, z.tuple([z.string(), z.string()]));
    const rows = await ctx.db
      .select({
        gateRunId: gateVerdicts.gateRunId,
        verdict: gateVerdicts.verdict,
        policyVersion: gateVerdicts.policyVersion,
        attestationId: gateVerdicts.attestationId,
        createdAt: gateVerdicts.createdAt,
        subjectKind: gateRuns.subjectKind,
        subjectId: gateRuns.subjectId,
        /** As it was called when it was judged. */
        subjectName: sql<string | null>`${attestations.statement} #>> '{subject,0,name}'`,
        trigger: gateRuns.trigger,
      })
      .from(gateVerdicts)
      .innerJoin(gateRuns, eq(gateRuns.id, gateVerdicts.gateRunId))
      .leftJoin(attestations, eq(attestations.id, gateVerdicts.attestationId))
      .where(
        and(
          eq(gateRuns.teamId, ctx.actor.teamId),
          eq(gateVerdicts.policyKey, input.key),
          after
            ? sql`(${gateVerdicts.createdAt}, ${gateVerdicts.gateRunId}) < (${after[0]}::timestamptz, ${after[1]})`
            : undefined,
        ),
      )
      .orderBy(desc(gateVerdicts.createdAt), desc(gateVerdicts.gateRunId))
      .limit(input.limit + 1);
    return toPage(rows, input.limit, (row) => [row.createdAt.toISOString(), row.gateRunId]);
  },
);
export type PolicyVerdictRow = Awaited<ReturnType<typeof policyHistory.execute>>["items"][number];

export const getGateRun = query(
  {
    name: "governance.gate.get",
    permission: "governance.gate.read",
    input: GateRunIdInput,
    summary: "One run of the policies, with every verdict and its evidence",
  },
  ({ ctx, input }) => gateRunOf(ctx, input.gateRunId),
);

export const listGateRuns = query(
  {
    name: "governance.gate.list",
    permission: "governance.gate.read",
    input: SubjectInput,
    summary: "Runs of the policies on one subject, newest first",
  },
  async ({ ctx, input }) => ({ items: await gateRunsOf(ctx, input) }),
);
