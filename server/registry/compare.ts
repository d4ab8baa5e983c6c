import { and, eq, lt, ne } from "drizzle-orm";
import { z } from "zod";
import { modelVersions } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { type DiffRow, readableReviews, TRIAL } from "@/server/governance";
import { CARD_FIELDS } from "./card/rules";
import { Contract } from "./contract/schemas";
import { tensorInWords } from "./contract/rules";
import { cardOf } from "./evidence";
import { loadVersionById, type ModelVersion } from "./load";

/** The newest other version of the model that people approved for an environment (any, when none is given). */
export async function lastApproved(
  ctx: Ctx,
  version: ModelVersion,
  environment?: string,
): Promise<ModelVersion | null> {
  const rows = await ctx.db
    .select({ id: modelVersions.id, number: modelVersions.number })
    .from(modelVersions)
    .innerJoin(
      readableReviews,
      and(eq(readableReviews.subjectKind, "model_version"), eq(readableReviews.subjectId, modelVersions.id)),
    )
    .where(
      and(
        eq(modelVersions.modelId, version.modelId),
        eq(modelVersions.teamId, ctx.actor.teamId),
        ne(modelVersions.state, "deleted"),
        lt(modelVersions.number, version.number),
        eq(readableReviews.state, "approved"),
        environment ? eq(readableReviews.environment, environment) : ne(readableReviews.environment, TRIAL),
      ),
    );
  const newest = rows.toSorted((a, b) => b.number - a.number)[0];
  return newest ? loadVersionById(ctx, newest.id) : null;
}

type Facts = Map<string, { group: string; label: string; value: string }>;

const Metrics = z.looseObject({
  metrics: z.array(
    z.looseObject({
      name: z.string(),
      value: z.number().nullable(),
      threshold: z.number(),
      sampleSize: z.number(),
    }),
  ),
});
const Checks = z.looseObject({
  checks: z.array(z.looseObject({ metric: z.string(), verdict: z.string(), reason: z.string() })),
});
const Provenance = z.looseObject({
  datasets: z.array(
    z.object({ name: z.string(), version: z.number(), digest: z.string(), used: z.string() }),
  ),
  codeCommit: z.string().nullable(),
  environmentDigest: z.string().nullable(),
  template: z.string().nullable(),
});

async function factsOf(ctx: Ctx, version: ModelVersion): Promise<Facts> {
  const facts: Facts = new Map();
  const add = (group: string, label: string, value: string | null | undefined) => {
    if (value !== null && value !== undefined && value !== "")
      facts.set(`${group}\n${label}`, { group, label, value });
  };
  const evaluation = Metrics.safeParse(version.evidence.evaluation);
  for (const metric of evaluation.data?.metrics ?? []) {
    add(
      "Metrics",
      metric.name,
      metric.value === null ? "not measured" : `${metric.value.toFixed(4)} on ${metric.sampleSize} rows`,
    );
    add("Metrics", `${metric.name} threshold`, String(metric.threshold));
  }
  const fairness = Checks.safeParse(version.evidence.fairness);
  for (const check of fairness.data?.checks ?? [])
    add("Fairness", check.metric.replaceAll("_", " "), `${check.verdict}: ${check.reason}`);
  const provenance = Provenance.safeParse(version.evidence.provenance);
  for (const dataset of provenance.data?.datasets ?? [])
    add("Datasets", dataset.name, `version ${dataset.version}, ${dataset.digest.slice(0, 19)}…`);
  add("Code", "Commit", provenance.data?.codeCommit);
  add("Code", "Template", provenance.data?.template);
  add("Code", "Environment", provenance.data?.environmentDigest);
  const contract = Contract.safeParse(version.contract);
  if (contract.success) {
    for (const side of ["inputs", "outputs"] as const)
      for (const tensor of contract.data[side])
        add("Contract", `${side === "inputs" ? "Input" : "Output"} ${tensor.name}`, tensorInWords(tensor));
    for (const tensor of contract.data.inputs)
      add("Contract", `Features of ${tensor.name}`, tensor.featureNames?.join(", "));
    add("Contract", "Latency bound", `${contract.data.latencyBoundMs} ms`);
    add("Contract", "CPU", `${contract.data.resources.cpuMilli} milli-cores`);
    add("Contract", "Memory", `${contract.data.resources.memoryBytes} bytes`);
    add("Contract", "Observability", contract.data.observability.join(", "));
  }
  const card = await cardOf(ctx, version.id);
  for (const field of CARD_FIELDS) add("Card", field.title, card?.fields[field.key]);
  add("Card", "Text", card?.markdown);
  add("Files", "Manifest", version.manifestDigest);
  add("Files", "Model file", version.weightsDigest);
  return facts;
}

/** What differs between two versions, and nothing else. */
export async function diffVersions(
  ctx: Ctx,
  before: ModelVersion | null,
  after: ModelVersion,
): Promise<DiffRow[]> {
  const [old, now] = [before ? await factsOf(ctx, before) : (new Map() as Facts), await factsOf(ctx, after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])];
  const groups = ["Metrics", "Fairness", "Datasets", "Code", "Contract", "Card", "Files"];
  return keys
    .flatMap((key): DiffRow[] => {
      const [a, b] = [old.get(key), now.get(key)];
      const known = b ?? a;
      if (!known || a?.value === b?.value) return [];
      return [{ group: known.group, label: known.label, before: a?.value ?? null, after: b?.value ?? null }];
    })
    .toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
}
