import { z } from "zod";

/** What the scanning process is asked: files on this machine, with the names they have in the version. */
export const ScanRequest = z.object({
  files: z.array(z.object({ path: z.string(), digest: z.string(), file: z.string() })),
  weightsPath: z.string().nullable(),
});
export type ScanRequest = z.infer<typeof ScanRequest>;

const OnnxValue = z.object({
  name: z.string(),
  kind: z.string(),
  elementType: z.string().optional(),
  shape: z.array(z.union([z.number(), z.string(), z.null()])).optional(),
});

export const ScannedFile = z.object({
  path: z.string(),
  digest: z.string(),
  format: z.string(),
  verdict: z.enum(["pass", "fail", "indeterminate"]),
  findings: z.array(
    z.object({ code: z.string(), message: z.string(), severity: z.enum(["info", "warning", "critical"]) }),
  ),
});

export const ScanAnswer = z.object({
  scannerVersion: z.string(),
  listDigest: z.string(),
  files: z.array(ScannedFile),
  model: z.object({ inputs: z.array(OnnxValue), outputs: z.array(OnnxValue) }).nullable(),
  featureNames: z.array(z.string()).nullable(),
});
export type ScanAnswer = z.infer<typeof ScanAnswer>;

/** The evidence for the policy `file-scan`, as it is kept with the version. */
export const StoredScan = ScanAnswer.omit({ model: true, featureNames: true }).extend({
  manifestFileCount: z.number(),
});
export type StoredScan = z.infer<typeof StoredScan>;
