import { z } from "zod";
import type { Ctx } from "@/server/core/context";
import { measureInWords } from "@/server/governance/gates/rules";
import { CARD_FIELDS } from "./card/rules";
import { Contract } from "./contract/schemas";
import { tensorInWords } from "./contract/rules";
import { cardOf } from "./evidence";
import type { ModelVersion } from "./load";
import { sourcesOf } from "./qualify/sources";
import { packagesOf } from "./version-packages";

export interface Fact {
  group: string;
  label: string;
  /** In words. */
  value: string;
  /** What the words stand for, where it is a digest: shown on demand. */
  digest?: string;
}
export type Facts = Map<string, Fact>;

/** The headings of a difference, in the order in which a reviewer reads them. */
export const FACT_GROUPS = [
  "Metrics",
  "Fairness",
  "Parameters",
  "Data",
  "Code",
  "Environment",
  "Contract",
  "Card",
  "Files",
];

const Metrics = z.looseObject({
  metrics: z.array(
    z.looseObject({
      name: z.string(),
      value: z.number().nullable(),
      threshold: z.number(),
      direction: z.enum(["at_least", "at_most"]).catch("at_least"),
      sampleSize: z.number(),
    }),
  ),
});
const Checks = z.looseObject({
  checks: z.array(
    z.looseObject({
      metric: z.string(),
      verdict: z.enum(["pass", "fail", "indeterminate"]),
      reason: z.string(),
    }),
  ),
});
const Provenance = z.looseObject({
  datasets: z.array(
    z.object({ name: z.string(), version: z.number(), digest: z.string(), used: z.string() }),
  ),
  codeCommit: z.string().nullable(),
  environmentDigest: z.string().nullable(),
  template: z.string().nullable(),
});

type Add = (group: string, label: string, value: string | null | undefined, digest?: string) => void;

const number = (value: number) =>
  Number(value.toPrecision(4)).toLocaleString("en-GB", { maximumFractionDigits: 6 });

function addMeasured(add: Add, version: ModelVersion): void {
  const evaluation = Metrics.safeParse(version.evidence.evaluation);
  for (const { name, value, threshold, direction, sampleSize } of evaluation.data?.metrics ?? []) {
    add("Metrics", name, value === null ? "not measured" : `${number(value)} on ${number(sampleSize)} rows`);
    add(
      "Metrics",
      `${name} must be`,
      `${direction === "at_least" ? "at least" : "at most"} ${number(threshold)}`,
    );
  }
  const fairness = Checks.safeParse(version.evidence.fairness);
  for (const { metric, verdict, reason } of fairness.data?.checks ?? [])
    add("Fairness", metric.replaceAll("_", " "), `${measureInWords(verdict, undefined).label}: ${reason}`);
}

const isDigest = (text: string) => text.startsWith("sha256:");

async function addOrigin(ctx: Ctx, add: Add, version: ModelVersion): Promise<void> {
  const provenance = Provenance.safeParse(version.evidence.provenance).data;
  for (const dataset of provenance?.datasets ?? [])
    add("Data", dataset.name, `version ${dataset.version}, as ${dataset.used}`, dataset.digest);
  const code = provenance?.codeCommit;
  if (code)
    add(
      "Code",
      isDigest(code) ? "Files" : "Commit",
      isDigest(code) ? "recorded by the job" : code.slice(0, 12),
      code,
    );
  add("Code", "Template", provenance?.template);
  const { run, job } = await sourcesOf(ctx, version);
  for (const param of run?.params ?? []) add("Parameters", param.key, param.value);
  for (const { name, version: locked } of packagesOf(job?.spec.requirements ?? ""))
    add("Environment", name, locked);
  if (provenance?.environmentDigest && !job)
    add("Environment", "Locked packages", "recorded by the job", provenance.environmentDigest);
}

function addContract(add: Add, version: ModelVersion): void {
  const { data } = Contract.safeParse(version.contract);
  if (!data) return;
  for (const side of ["inputs", "outputs"] as const)
    for (const tensor of data[side])
      add("Contract", `${side === "inputs" ? "Input" : "Output"} ${tensor.name}`, tensorInWords(tensor));
  for (const tensor of data.inputs)
    add("Contract", `Features of ${tensor.name}`, tensor.featureNames?.join(", "));
  add("Contract", "Answers within", `${data.latencyBoundMs} ms`);
  add("Contract", "CPU", `${number(data.resources.cpuMilli / 1000)} cores`);
  add("Contract", "Memory", `${number(data.resources.memoryBytes / 2 ** 20)} MiB`);
  add("Contract", "Observability", data.observability.join(", "));
}

/** What people compare two versions by, each fact in words. */
export async function factsOf(ctx: Ctx, version: ModelVersion): Promise<Facts> {
  const facts: Facts = new Map();
  const add: Add = (group, label, value, digest) => {
    if (value !== null && value !== undefined && value !== "")
      facts.set(`${group}\n${label}`, { group, label, value, ...(digest === undefined ? {} : { digest }) });
  };
  addMeasured(add, version);
  await addOrigin(ctx, add, version);
  addContract(add, version);
  const card = await cardOf(ctx, version.id);
  for (const field of CARD_FIELDS) add("Card", field.title, card?.fields[field.key]);
  add("Card", "Text", card?.markdown);
  if (version.manifestDigest) add("Files", "All files together", "sealed", version.manifestDigest);
  if (version.weightsDigest)
    add("Files", "Model file", version.weightsPath ?? "sealed", version.weightsDigest);
  return facts;
}
