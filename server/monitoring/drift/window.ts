import { and, asc, desc, eq, gt, gte, isNotNull, lt, lte, ne, sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { driftReports, predictions } from "@/db/schema";
import { readableVersions } from "@/server/registry";
import type { Ctx } from "@/server/core/context";
import { scoresOf } from "@/server/serving";
import { Contract, Signature } from "@/server/registry/contract/schemas";
import { isFloatType } from "../outcomes/outcomes";
import { rowsOfInputs, type FeatureRow, type InputSpec } from "./rows";
import { valueOf, type FeatureValue } from "./values";

/** Newest requests that are compared, and rows of them. */
const WINDOW_REQUESTS = 1_000;
const WINDOW_ROWS = 10_000;
/** First requests of the version: the reference of its predictions, and of inputs that its training data has no column of. */
const FIRST_REQUESTS = 500;
const WINDOW_MS = 7 * 86_400_000;

/** Requests side by side: their rows, what was predicted for them, and how sure the model was. */
export interface Requests {
  count: number;
  from: Date | null;
  to: Date | null;
  rows: FeatureRow[];
  predicted: FeatureValue[];
  scores: number[];
}

const Tensors = z.array(
  z.object({
    name: z.string(),
    datatype: z.string(),
    shape: z.array(z.number()),
    data: z.array(z.unknown()),
  }),
);
const PredictedRows = z.array(z.unknown()).nullable().catch(null);

interface Row {
  at: Date;
  inputs: unknown;
  outputs: unknown;
  predicted: string | null;
  datatype: string;
  predictedRows: unknown;
}

/** What was predicted, row by row: numbers by their value, several labels as one category. */
function predictedValues(row: Row): FeatureValue[] {
  const texts = PredictedRows.parse(row.predictedRows) ?? (row.predicted === null ? [] : [row.predicted]);
  return texts.map((text) =>
    typeof text === "string"
      ? valueOf(isFloatType(row.datatype) ? Number(text) : text, row.datatype || "BYTES")
      : JSON.stringify(text),
  );
}

function together(rows: readonly Row[], specs: readonly InputSpec[]): Requests {
  const all: Requests = { count: rows.length, from: null, to: null, rows: [], predicted: [], scores: [] };
  for (const row of rows) {
    if (all.rows.length >= WINDOW_ROWS) break;
    all.rows.push(...rowsOfInputs(row.inputs, specs));
    all.predicted.push(...predictedValues(row));
    const [inputs, outputs] = [Tensors.safeParse(row.inputs), Tensors.safeParse(row.outputs)];
    if (inputs.success && outputs.success) all.scores.push(...scoresOf(inputs.data, outputs.data));
  }
  const times = rows.map((row) => row.at.getTime());
  if (times.length > 0) {
    all.from = new Date(Math.min(...times));
    all.to = new Date(Math.max(...times));
  }
  return all;
}

const answered = (deploymentId: string, versionId: string) =>
  and(
    eq(predictions.deploymentId, deploymentId),
    eq(predictions.versionId, versionId),
    isNotNull(predictions.outputs),
    lt(predictions.status, 400),
  );

const COLUMNS = {
  at: predictions.at,
  inputs: predictions.inputs,
  outputs: predictions.outputs,
  predicted: predictions.predicted,
  datatype: predictions.datatype,
  predictedRows: predictions.predictedRows,
};

/**
 * The version's newest requests of the last week that no look has judged. Before the first look, the newer half of them: the older half is
 * what predictions are compared with.
 */
export async function newestRequests(
  ctx: Ctx,
  which: { deploymentId: string; versionId: string; after: Date | null },
  specs: readonly InputSpec[],
): Promise<Requests> {
  const limit = which.after
    ? WINDOW_REQUESTS
    : Math.ceil((await waitingRequests(ctx, { ...which, limit: 2 * WINDOW_REQUESTS })).waiting / 2);
  const rows = await ctx.db
    .select(COLUMNS)
    .from(predictions)
    .where(
      and(
        answered(which.deploymentId, which.versionId),
        gte(predictions.at, new Date(ctx.now().getTime() - WINDOW_MS)),
        which.after ? gt(predictions.at, which.after) : undefined,
      ),
    )
    .orderBy(desc(predictions.at), desc(predictions.id))
    .limit(limit);
  return together(rows, specs);
}

/** The version's first requests, before `before`. */
export async function firstRequests(
  ctx: Ctx,
  which: { deploymentId: string; versionId: string; before: Date | null },
  specs: readonly InputSpec[],
): Promise<Requests> {
  if (!which.before) return together([], specs);
  const rows = await ctx.db
    .select(COLUMNS)
    .from(predictions)
    .where(and(answered(which.deploymentId, which.versionId), lt(predictions.at, which.before)))
    .orderBy(asc(predictions.at), asc(predictions.id))
    .limit(FIRST_REQUESTS);
  return together(rows, specs);
}

const ReportWindow = z.object({ window: z.object({ to: z.coerce.date().nullable() }) });

export interface LastLook {
  /** When the version was looked at last, with whatever result. */
  at: Date | undefined;
  /** The newest request that was judged; those of a look with too little data wait for the next. */
  to: Date | null;
}

export async function lastLook(ctx: Ctx, deploymentId: string, versionId: string): Promise<LastLook> {
  const own = and(eq(driftReports.deploymentId, deploymentId), eq(driftReports.versionId, versionId));
  const newest = (where: SQL | undefined) =>
    ctx.db
      .select({ at: driftReports.at, reference: driftReports.reference })
      .from(driftReports)
      .where(where)
      .orderBy(desc(driftReports.at))
      .limit(1);
  const [latest] = await newest(own);
  const [latestJudged] = await newest(and(own, ne(driftReports.verdict, "not-enough-data")));
  return { at: latest?.at, to: ReportWindow.safeParse(latestJudged?.reference).data?.window.to ?? null };
}

/** How many requests wait for a look, and since when; counted no further than `limit`. */
export async function waitingRequests(
  ctx: Ctx,
  which: { deploymentId: string; versionId: string; after: Date | null; limit: number },
): Promise<{ waiting: number; oldestAtMs: number | undefined }> {
  const { rows } = await ctx.db.execute<{ n: number; oldest: number | null }>(sql`
    select count(*)::int as n, (extract(epoch from min(at)) * 1000)::float8 as oldest from (
      select ${predictions.at} as at from ${predictions}
      where ${and(
        answered(which.deploymentId, which.versionId),
        gte(predictions.at, which.after ?? new Date(ctx.now().getTime() - WINDOW_MS)),
        which.after ? gt(predictions.at, which.after) : undefined,
        lte(predictions.at, ctx.now()),
      )} order by ${predictions.at} limit ${which.limit}) w`);
  return { waiting: rows[0]?.n ?? 0, oldestAtMs: rows[0]?.oldest ?? undefined };
}

/** What the version's contract says of its inputs; column names from the model file where the contract has none. */
export async function inputSpecsOf(ctx: Ctx, versionId: string): Promise<InputSpec[]> {
  const [row] = await ctx.db
    .select({ contract: readableVersions.contract, signature: readableVersions.signature })
    .from(readableVersions)
    .where(and(eq(readableVersions.id, versionId), eq(readableVersions.teamId, ctx.actor.teamId)));
  const contract = Contract.safeParse(row?.contract);
  if (!contract.success) return [];
  const { inputs } = contract.data;
  const named = Signature.safeParse(row?.signature).data?.featureNames;
  const [only] = inputs;
  return inputs.length === 1 && only && only.featureNames === undefined && named
    ? [{ ...only, featureNames: named }]
    : inputs;
}
