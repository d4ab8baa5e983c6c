import { z } from "zod";
import { StoredScan } from "./qualify/scan-schemas";

const Interval = z.object({ lower: z.number(), upper: z.number() }).nullable();
const Verdict = z.enum(["pass", "fail", "indeterminate"]);

const EvaluationView = z.object({
  datasetDigest: z.string(),
  thresholdsFixedAt: z.string().nullable(),
  fixedBy: z.string().nullable(),
  runStartedAt: z.string(),
  ranBy: z.enum(["runner", "client"]),
  predictionsDigest: z.string().nullable(),
  metrics: z.array(
    z.object({
      name: z.string(),
      value: z.number().nullable(),
      threshold: z.number(),
      direction: z.enum(["at_least", "at_most"]),
      sampleSize: z.number(),
      interval: Interval,
      basis: z.enum(["recomputed", "declared"]),
      logged: z.number().nullable(),
    }),
  ),
  minimumSampleSize: z.number(),
});

const FairnessView = z.object({
  verdict: Verdict,
  n: z.number(),
  checks: z.array(
    z.object({
      metric: z.string(),
      attribute: z.string(),
      verdict: Verdict,
      value: z.number().nullable(),
      interval: Interval,
      threshold: z.number(),
      reason: z.string(),
    }),
  ),
  groups: z.array(
    z.object({
      group: z.string(),
      n: z.number(),
      rates: z.record(z.string(), z.object({ value: z.number().nullable(), interval: Interval })),
    }),
  ),
});

const ProvenanceView = z.object({
  runId: z.string().nullable(),
  runStatus: z.string().nullable(),
  jobId: z.string().nullable(),
  jobSpecDigest: z.string().nullable(),
  template: z.string().nullable(),
  datasets: z.array(
    z.object({ name: z.string(), version: z.number(), digest: z.string(), used: z.string() }),
  ),
  codeCommit: z.string().nullable(),
  codeRecordedBy: z.enum(["runner", "client"]).nullable(),
  environmentDigest: z.string().nullable(),
});

const Views = z.object({
  evaluation: EvaluationView.nullish().catch(null),
  fairness: FairnessView.nullish().catch(null),
  provenance: ProvenanceView.nullish().catch(null),
  scan: StoredScan.nullish().catch(null),
  missing: z.record(z.string(), z.string()).nullish().catch(null),
});

/** A version's stored evidence in the shapes that pages show; what is absent or of another shape is null. */
export function evidenceViews(evidence: Record<string, unknown>) {
  const { evaluation, fairness, provenance, scan, missing } = Views.parse(evidence);
  return {
    evaluation: evaluation ?? null,
    fairness: fairness ?? null,
    provenance: provenance ?? null,
    scan: scan ?? null,
    missing: missing ?? {},
  };
}
