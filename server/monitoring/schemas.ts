import { z } from "zod";
import { firstCharacters } from "@/server/core/characters";
import { PageInput } from "@/server/core/pagination";
import { ALERT_KIND_NAMES } from "./alerts/rules";

/** What the gateway writes to its spool for each answered request, and the store takes from it. */
export const PredictionRecord = z.object({
  id: z.string().min(1).max(100),
  teamId: z.string().min(1).max(100),
  deploymentId: z.string().min(1).max(100),
  versionId: z.string().min(1).max(100),
  /** Empty outside a rollout. */
  rolloutId: z.string().max(100).default(""),
  arm: z.enum(["stable", "canary"]),
  /** Stage of the rollout; -1 outside one. */
  stage: z.number().int().min(-1).default(-1),
  /** Digest of the route that chose the version. */
  routeDigest: z.string().max(200),
  atMs: z.number().int().nonnegative(),
  latencyMs: z.number().nonnegative(),
  /** HTTP status of the answer. */
  status: z.number().int().min(100).max(599),
  error: z.string().nullable().default(null),
  inputs: z.unknown(),
  outputs: z.unknown(),
  /** What the request set of the model's own parameters. */
  parameters: z.record(z.string(), z.unknown()).nullable().default(null),
  /** The class or value that feedback is compared with; null when there is none. */
  predicted: z.string().nullable().default(null),
  /** Datatype of the output that feedback is compared with; empty where an earlier gateway did not say. */
  datatype: z.string().max(20).default(""),
  /** Rows of the request; each is a prediction of its own to feedback. */
  rows: z.number().int().min(1).default(1),
  predictedRows: z
    .array(z.union([z.string(), z.array(z.string())]))
    .nullable()
    .default(null),
  /** Rows with a confidence, and its sum. */
  scored: z.number().int().nonnegative().default(0),
  scoreSum: z.number().nonnegative().default(0),
  traceId: z.string().nullable().default(null),
});
export type PredictionRecord = z.output<typeof PredictionRecord>;

export const MAX_FEEDBACK_ITEMS = 1000;

const Scalar = z.union([z.string().trim().min(1).max(1000), z.number(), z.boolean()]);
const FeedbackValue = z
  .union([Scalar, z.array(Scalar).max(100)])
  .describe("The true outcome: the class or the value that came to be; several labels or numbers as a list");

interface FeedbackEntry {
  /** As the caller named it: a prediction, or `<prediction>.<row>`. */
  predictionId: string;
  value: string;
  /** Why the item cannot be used; the others of the call are not touched by it. */
  problem?: string | undefined;
}

const idOf = (value: unknown): string =>
  value !== null && typeof value === "object" && "predictionId" in value
    ? firstCharacters(String(value.predictionId), 100).replaceAll("\0", "\uFFFD")
    : "";

/** One value as text, several as a JSON list of texts. */
const textOf = (value: z.output<typeof FeedbackValue>): string =>
  Array.isArray(value) ? JSON.stringify(value.map(String)) : String(value);

const FeedbackItem = z
  .object({
    predictionId: z
      .string()
      .min(1)
      .max(100)
      .refine((id) => !id.includes("\0"), "must not hold a zero byte"),
    value: FeedbackValue,
  })
  .transform(({ predictionId, value }): FeedbackEntry => ({
    predictionId,
    value: textOf(value).replaceAll("\0", "\uFFFD"),
  }))
  .catch(({ value, error }) => ({
    predictionId: idOf(value),
    value: "",
    problem: error.issues.map((issue) => `${issue.path.join(".") || "item"}: ${issue.message}`).join("; "),
  }));

export const RecordFeedbackInput = z.object({
  items: z.array(FeedbackItem).min(1, "send at least one item").max(MAX_FEEDBACK_ITEMS),
});

export const FEEDBACK_OUTCOMES = [
  "recorded",
  "unchanged",
  "corrected",
  "superseded",
  "pending",
  "not_found",
  "invalid",
] as const;
export type FeedbackOutcome = (typeof FEEDBACK_OUTCOMES)[number];

export interface FeedbackResult {
  predictionId: string;
  /** recorded · unchanged (same value again) · corrected · superseded (a later item of the call says otherwise) · pending (still on its way) · not_found · invalid */
  outcome: FeedbackOutcome;
  isCorrect?: boolean | undefined;
  /** Distance of a predicted number from the outcome. */
  absError?: number | undefined;
  message?: string | undefined;
}

export const MonitoredName = z.object({ name: z.string().min(1).max(63) });

export const WINDOWS = { "15m": 900, "1h": 3600, "6h": 21_600, "24h": 86_400, "7d": 604_800 } as const;
export const MonitoringWindow = z.enum(["15m", "1h", "6h", "24h", "7d"]).default("1h");

export const ListMonitoredInput = PageInput.extend({
  q: z.string().trim().max(200).default(""),
  window: MonitoringWindow,
});
export const MonitoredInput = MonitoredName.extend({ window: MonitoringWindow });

export const ListPredictionsInput = PageInput.extend({
  name: MonitoredName.shape.name,
  /** An id, or the beginning of one. */
  q: z.string().trim().max(100).default(""),
  arm: z.enum(["stable", "canary"]).optional(),
  outcome: z.enum(["failed", "slow", "correct", "wrong", "unlabelled"]).optional(),
  rolloutId: z.string().max(100).optional(),
});
export const PredictionRef = z.object({ predictionId: z.string().min(1).max(100) });

export const ListSetAsideInput = PageInput.extend({
  state: z.enum(["waiting", "stored", "discarded"]).default("waiting"),
});
export const SetAsideRef = z.object({ id: z.string().min(1).max(100) });

export const ALERT_STATES = ["firing", "acknowledged", "resolved"] as const;
export const ListAlertsInput = PageInput.extend({
  state: z.enum(["open", ...ALERT_STATES]).default("open"),
  q: z.string().trim().max(200).default(""),
  /** Those of one deployment, by its name. */
  deployment: z.string().max(63).optional(),
});
export const TellingInput = z.object({ alertIds: z.array(z.string().min(1).max(100)).min(1).max(200) });
export const AlertRef = z.object({ alertId: z.string().min(1).max(100) });

export const SilenceInput = z
  .object({
    /** One alert; or else those of a kind, a severity, a deployment (together, where several are given). */
    alertId: z.string().min(1).max(100).optional(),
    kind: z.enum(ALERT_KIND_NAMES).optional(),
    severity: z.enum(["critical", "warning"]).optional(),
    deployment: z.string().min(1).max(63).optional(),
    minutes: z.coerce
      .number()
      .int()
      .min(5, "must be at least 5 minutes")
      .max(30 * 24 * 60, "must not be longer than 30 days"),
    reason: z.string().trim().min(3, "say why, in at least 3 characters").max(2000),
  })
  .refine((input) => input.alertId ?? input.kind ?? input.severity ?? input.deployment, {
    message: "Name an alert, a kind, a severity or a deployment: all alerts at once cannot be silenced.",
  });
export const EndSilenceInput = z.object({ silenceId: z.string().min(1).max(100) });
export const ListSilencesInput = z.object({ state: z.enum(["open", "ended"]).default("open") });
