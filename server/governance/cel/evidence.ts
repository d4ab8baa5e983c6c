import { z } from "zod";

const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const Tensor = z.object({
  name: z.string(),
  dtype: z.string(),
  shape: z.array(z.union([z.number(), z.string(), z.null()])),
});

/** Declared contract of a version against the signature read from the model file. */
export const ContractEvidence = z.object({
  /** False when no contract was declared. */
  declared: z.boolean(),
  /** False when the model file has no signature that can be read. */
  signatureKnown: z.boolean(),
  inputs: z.array(Tensor),
  outputs: z.array(Tensor),
  /** Differences between contract and model file, in words. */
  mismatches: z.array(z.string()),
  /** Why a contract that was logged cannot be used, field by field, in words. */
  problems: z.array(z.string()).default([]),
  /** What came of loading the model and asking it once; null when nobody tried. */
  trial: z
    .object({
      state: z.enum(["answered", "refused", "not_served"]),
      message: z.string(),
    })
    .nullable()
    .default(null),
  latencyBoundMs: z.number().positive().nullable(),
  cpuMilli: z.number().positive().nullable(),
  memoryBytes: z.number().positive().nullable(),
});

/** Where a version comes from. */
export const ProvenanceEvidence = z.object({
  runId: z.string().nullable(),
  runStatus: z.string().nullable(),
  datasets: z.array(z.object({ name: z.string(), version: z.number(), digest: Digest, used: z.string() })),
  /** Git commit of the training code, or digest of its archive. */
  codeCommit: z.string().nullable(),
  environmentDigest: Digest.nullable(),
  files: z.array(z.object({ path: z.string(), digest: Digest })),
});

export const CardEvidence = z.object({
  requiredFields: z.array(z.string()),
  missingFields: z.array(z.string()),
  /** Fields whose linked evidence has changed since they were written. */
  staleFields: z.array(z.string()),
});

/** Results of the file scanner over every file of the version. */
export const ScanEvidence = z.object({
  scannerVersion: z.string(),
  listDigest: Digest,
  files: z.array(
    z.object({
      path: z.string(),
      digest: Digest,
      format: z.string(),
      verdict: z.enum(["pass", "fail", "indeterminate"]),
      findings: z.array(
        z.object({
          code: z.string(),
          message: z.string(),
          severity: z.enum(["info", "warning", "critical"]),
        }),
      ),
    }),
  ),
  /** Number of files in the version's manifest; every one must be scanned. */
  manifestFileCount: z.number().int().nonnegative(),
});

/** Measured metrics against thresholds that were fixed before the run. */
export const EvaluationEvidence = z.object({
  datasetDigest: Digest,
  /** ISO 8601; when the thresholds were committed, and when the evaluated run started. */
  thresholdsFixedAt: z.iso.datetime({ offset: true }).nullable(),
  runStartedAt: z.iso.datetime({ offset: true }),
  metrics: z.array(
    z.object({
      name: z.string(),
      /** Null when the run never logged the metric. */
      value: z.number().nullable(),
      threshold: z.number(),
      direction: z.enum(["at_least", "at_most"]),
      sampleSize: z.number().int().nonnegative(),
    }),
  ),
  minimumSampleSize: z.number().int().positive(),
});

/** The fairness assessment's own report; see `fairness/report.ts`. */
export const FairnessEvidence = z.looseObject({
  verdict: z.enum(["pass", "fail", "indeterminate"]),
  checks: z.array(
    z.looseObject({
      metric: z.string(),
      verdict: z.enum(["pass", "fail", "indeterminate"]),
      value: z.number().nullable(),
      threshold: z.number(),
      reason: z.string(),
    }),
  ),
  groups: z.array(z.looseObject({ group: z.string(), n: z.number().int().nonnegative() })),
});

/** Shapes of the evidence that the built-in policies name; other names are handed to expressions as they are. */
export const EVIDENCE_SCHEMAS = {
  contract: ContractEvidence,
  provenance: ProvenanceEvidence,
  card: CardEvidence,
  scan: ScanEvidence,
  evaluation: EvaluationEvidence,
  fairness: FairnessEvidence,
} as const;
export type EvidenceName = keyof typeof EVIDENCE_SCHEMAS;
export type EvidenceOf<N extends EvidenceName> = z.infer<(typeof EVIDENCE_SCHEMAS)[N]>;

export const isKnownEvidence = (name: string): name is EvidenceName => Object.hasOwn(EVIDENCE_SCHEMAS, name);
