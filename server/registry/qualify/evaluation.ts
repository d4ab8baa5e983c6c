import { wilsonInterval } from "@/server/governance/fairness";
import type { Sources, StoredFile } from "./sources";

/** Fewer rows than this do not decide a threshold; the policy hands the case to people. */
export const MINIMUM_SAMPLE_SIZE = 50;

export interface PredictionRow {
  actual: string;
  predicted: string;
  columns: Record<string, string>;
}

/** Rows of `evaluation/predictions.csv` with outcome and prediction; the message says what is wrong with the file. */
export function readPredictions(
  rows: readonly Record<string, string>[],
): { rows: PredictionRow[] } | { problem: string } {
  const [first] = rows;
  if (!first) return { problem: "evaluation/predictions.csv holds no rows." };
  for (const column of ["y_true", "y_pred"])
    if (!(column in first)) return { problem: `evaluation/predictions.csv has no column ${column}.` };
  const read = rows.map((row) => ({ actual: row.y_true ?? "", predicted: row.y_pred ?? "", columns: row }));
  const empty = read.findIndex((row) => row.actual === "" || row.predicted === "");
  if (empty >= 0) return { problem: `evaluation/predictions.csv has an empty outcome in row ${empty + 2}.` };
  return { rows: read };
}

const same = (a: string, b: string) => a === b || (a !== "" && Number(a) === Number(b));
export const isPositive = (value: string) => same(value, "1") || value.toLowerCase() === "true";

interface Measured {
  value: number | null;
  sampleSize: number;
  interval: { lower: number; upper: number } | null;
}

/** Metrics that follow from outcomes and predictions alone, computed here instead of believed. */
function recompute(name: string, rows: readonly PredictionRow[]): Measured | undefined {
  const share = (hits: number, of: number): Measured => {
    const interval = of === 0 ? undefined : wilsonInterval({ hits, of }, 0.95);
    return { value: of === 0 ? null : hits / of, sampleSize: of, interval: interval ?? null };
  };
  const count = (test: (row: PredictionRow) => boolean) => rows.filter(test).length;
  const hits = count((row) => isPositive(row.actual) && isPositive(row.predicted));
  switch (name) {
    case "accuracy":
      return share(
        count((row) => same(row.actual, row.predicted)),
        rows.length,
      );
    case "precision":
      return share(
        hits,
        count((row) => isPositive(row.predicted)),
      );
    case "recall":
      return share(
        hits,
        count((row) => isPositive(row.actual)),
      );
    default:
      return undefined;
  }
}

const AT_MOST = /loss|error|mae|mse|rmse|deviance|brier/i;

interface Threshold {
  metric: string;
  threshold: number;
  fixedAt: Date;
  fixedBy: "job specification" | "run parameter";
}

/** Thresholds from the job's own specification, else from parameters of the run: `metric` + `threshold`, or `threshold.<metric>`. */
export function thresholdsOf(sources: Sources): Threshold[] {
  const { job, run } = sources;
  const fromJob = job
    ? Object.entries(job.spec.params).map(([key, value]) => [key, String(value)] as const)
    : [];
  const fromRun = (run?.params ?? []).map(({ key, value }) => [key, value] as const);
  const found: Threshold[] = [];
  const collect = (
    entries: readonly (readonly [string, string])[],
    at: (key: string) => Date | undefined,
    fixedBy: Threshold["fixedBy"],
  ) => {
    const params = new Map(entries);
    for (const [key, text] of params) {
      const metric = key === "threshold" ? params.get("metric") : /^threshold[._](.+)$/.exec(key)?.[1];
      const fixedAt = at(key);
      const threshold = text.trim() === "" ? Number.NaN : Number(text);
      if (!metric || !fixedAt || !Number.isFinite(threshold)) continue;
      if (!found.some((each) => each.metric === metric)) found.push({ metric, threshold, fixedAt, fixedBy });
    }
  };
  collect(fromJob, () => job?.createdAt, "job specification");
  collect(fromRun, (key) => sources.paramsLoggedAt[key], "run parameter");
  return found;
}

/**
 * When results could first be known. A run of our own job: the run's start by the portal's clock. A run by hand: the earlier of its
 * first metric (as the client dates it) and the arrival of its predictions (by the portal's clock).
 */
function resultsSince(
  sources: Sources,
  predictions: StoredFile | undefined,
  firstMetricMs: number | null,
): Date {
  const { run, job } = sources;
  if (job && run) return run.createdAt;
  const times = [firstMetricMs, predictions?.createdAt.getTime() ?? null].filter((time) => time !== null);
  return new Date(times.length > 0 ? Math.min(...times) : (run?.createdAt.getTime() ?? 0));
}

/** The evidence for the policy `evaluation`, or why there is none. */
export function collectEvaluation(input: {
  sources: Sources;
  datasetDigest: string | undefined;
  rows: readonly PredictionRow[] | undefined;
  predictions: StoredFile | undefined;
  firstMetricMs: number | null;
}) {
  const { sources, datasetDigest, rows } = input;
  if (!sources.run) return { missing: "The version has no source run, so nothing was measured." };
  if (!datasetDigest)
    return {
      missing:
        "The run names no dataset version that this portal holds, so it is unknown what the metrics were measured on.",
    };
  const thresholds = thresholdsOf(sources);
  const metrics = thresholds.map(({ metric, threshold }) => {
    const measured = rows && recompute(metric, rows);
    const logged = sources.run?.metrics.find((each) => each.key === metric && !each.isNan);
    const base = {
      name: metric,
      threshold,
      direction: AT_MOST.test(metric) ? "at_most" : "at_least",
    } as const;
    if (measured)
      return { ...base, ...measured, basis: "recomputed" as const, logged: logged?.value ?? null };
    // A declared value brings no sample size of its own that we could believe; the predictions' count is ours.
    return {
      ...base,
      value: logged?.value ?? null,
      sampleSize: rows?.length ?? 0,
      interval: null,
      basis: "declared" as const,
      logged: logged?.value ?? null,
    };
  });
  const fixed = thresholds.map((each) => each.fixedAt.getTime());
  return {
    evidence: {
      datasetDigest,
      thresholdsFixedAt: fixed.length > 0 ? new Date(Math.max(...fixed)).toISOString() : null,
      fixedBy: thresholds[0]?.fixedBy ?? null,
      runStartedAt: resultsSince(sources, input.predictions, input.firstMetricMs).toISOString(),
      /** `runner`: code, data and environment were pinned by a job of this portal. */
      ranBy: sources.job ? ("runner" as const) : ("client" as const),
      predictionsDigest: input.predictions?.digest ?? null,
      metrics,
      minimumSampleSize: MINIMUM_SAMPLE_SIZE,
    },
  };
}
