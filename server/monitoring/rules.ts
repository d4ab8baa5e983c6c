/** Feedback for a prediction that never came is kept for this long. */
export const PENDING_MS = 24 * 3_600_000;
/** Row of waiting feedback that names a prediction and no row of it. */
export const UNNAMED_ROW = -1;
/** A spool may lag behind by a clock's difference, not more. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** A server's or model's failure; 4xx is the caller's own mistake and says nothing about the model. */
export const isFailure = (record: { status: number; error: string | null }): boolean =>
  record.status >= 500 || (record.status < 400 && record.error !== null);

/** Refused as the caller's mistake, before or by the model: kept with the predictions, but no measurement of a version. */
export const isRefused = (record: { status: number }): boolean => record.status >= 400 && record.status < 500;

/** When a prediction id was given, in milliseconds, from its UUIDv7; undefined for ids of another form. */
export function timeOfPredictionId(id: string): number | undefined {
  const hex = /^prd_([0-9a-f]{12})7[0-9a-f]{3}[89ab][0-9a-f]{15}$/.exec(id)?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}

/** Whether a prediction with this id may still be on its way from a gateway's spool. */
export function mayStillArrive(id: string, nowMs: number): boolean {
  const at = timeOfPredictionId(id);
  return at !== undefined && at > nowMs - PENDING_MS && at < nowMs + CLOCK_SKEW_MS;
}

/**
 * Failed requests in a row, after more requests in order of time: a success starts the count anew.
 * `added` is what to add to the count before, or, with `reset`, the count itself.
 */
export function failureRun(failures: readonly boolean[]): { reset: boolean; added: number } {
  const lastSuccess = failures.lastIndexOf(false);
  return { reset: lastSuccess !== -1, added: failures.length - 1 - lastSuccess };
}

export const ERROR_WINDOW_SECONDS = 300;
const MIN_REQUESTS_FOR_ERRORS = 50;
const MAX_ERROR_SHARE = 0.05;

/** Whether a deployment fails: more than 5 % of at least 50 requests. Too few requests say nothing, neither good nor bad. */
export function errorVerdict(counts: {
  requests: number;
  errors: number;
}): "failing" | "fine" | "not_enough_data" {
  if (counts.requests < MIN_REQUESTS_FOR_ERRORS) return "not_enough_data";
  return counts.errors / counts.requests > MAX_ERROR_SHARE ? "failing" : "fine";
}

/** A firing alert looks back this far when traffic is thin. */
export const RECOVERY_WINDOW_SECONDS = 3_600;

/**
 * Whether a deployment whose alert fires has recovered: judged by its newest 50 requests of the last hour, however slowly they came; an
 * hour without a single failure is a recovery too. `seconds` are newest first.
 */
export function hasRecovered(seconds: readonly { requests: number; errors: number }[]): boolean {
  const newest = { requests: 0, errors: 0 };
  for (const each of seconds) {
    newest.requests += each.requests;
    newest.errors += each.errors;
    if (newest.requests >= MIN_REQUESTS_FOR_ERRORS) return errorVerdict(newest) === "fine";
  }
  return newest.errors === 0;
}

/** A chart draws a share only where so many cases stand behind it. */
export const MIN_CASES_OF_STEP = 20;

/** p99 is not shown under 300 requests: order statistics give it no upper bound there. */
export const MIN_REQUESTS_FOR_P99 = 300;
