import { z } from "zod";

/** Most canary traffic that can still be compared with stable traffic served at the same time. */
export const MAX_SHARE_PERCENT = 100;

export const RolloutStage = z.object({
  sharePercent: z.number().int().min(1).max(MAX_SHARE_PERCENT),
  /** Requests each arm must have served in this stage before it may end. At 100% the stable arm is exempt: it serves none. */
  minRequests: z.number().int().min(1).max(10_000_000),
  /** Longest time without a decision; then the time-out policy holds or rolls back. */
  maxDurationMs: z
    .number()
    .int()
    .min(1_000)
    .max(30 * 24 * 3_600_000),
});
export type RolloutStage = z.infer<typeof RolloutStage>;

const Increase = z.number().gt(0).max(1);

export const ErrorRateCriterion = z.object({
  /** Largest acceptable rise of the error rate over stable, as a share (0.01 = one point). */
  maxIncrease: Increase.default(0.01),
});
export const SlowShareCriterion = z.object({
  /** A request slower than this counts as slow. */
  latencyBoundMs: z.number().gt(0).max(600_000),
  /** Largest acceptable rise of the share over stable. */
  maxIncrease: Increase.default(0.01),
  /** Largest share of the canary's own requests that may be slow, whatever stable does: 0.01 is "p99 within the bound". */
  maxShare: z.number().gt(0).lt(1).optional(),
});
export const AccuracyCriterion = z.object({
  /** Largest acceptable fall of accuracy under stable, as a share. */
  maxDrop: Increase.default(0.05),
  /** Labelled predictions each arm needs before accuracy counts as measured. */
  minFeedback: z.number().int().min(10).max(1_000_000).default(30),
});
/** An error of numbers is worth an asymptotic test from this many on. */
const MIN_NUMBERS = 30;
/** Mean absolute or squared error of predicted numbers against what came true. */
export const ErrorCriterion = z.object({
  /** Largest acceptable rise of the mean over stable's, relative: 0.1 is "10 % larger". */
  maxIncrease: z.number().gt(0).max(5).default(0.1),
  /** Labelled predictions each arm needs before the mean counts as measured. */
  minFeedback: z.number().int().min(MIN_NUMBERS).max(1_000_000).default(100),
});
export const HardKill = z.object({
  /** This many failed canary requests in a row end the rollout at once. */
  consecutiveFailures: z.number().int().min(2).max(1_000).default(5),
  errorShare: z.number().gt(0).max(1).default(0.5),
  minRequests: z.number().int().min(1).max(100_000).default(25),
});

export const WATCH_ACTIONS = ["rollback", "offer", "off"] as const;
/** The time after a promotion, in which the new version is compared with what the one before it did last. */
export const PromotionWatch = z.object({
  /** What happens when it is proven worse: back by itself, an alert that offers it, or nothing is watched. */
  onWorse: z.enum(WATCH_ACTIONS).default("rollback"),
  durationMs: z
    .number()
    .int()
    .min(60_000, "must be at least one minute")
    .max(14 * 24 * 3_600_000, "must not be longer than 14 days")
    .default(24 * 3_600_000),
});
export type PromotionWatch = z.infer<typeof PromotionWatch>;

/** What the criteria of a plan can name, in the order in which they are shown. */
export const METRIC_NAMES = ["errorRate", "slowShare", "accuracy", "absoluteError", "squaredError"] as const;

/** When a stage may end: when every metric is shown no worse than allowed, or already when none is shown worse. */
export const ADVANCE_MODES = ["proven", "not-worse"] as const;
export type AdvanceMode = (typeof ADVANCE_MODES)[number];

const Criteria = z.object({
  advanceWhen: z.enum(ADVANCE_MODES).default("proven"),
  errorRate: ErrorRateCriterion.optional(),
  slowShare: SlowShareCriterion.optional(),
  accuracy: AccuracyCriterion.optional(),
  absoluteError: ErrorCriterion.optional(),
  squaredError: ErrorCriterion.optional(),
  /** Chance of rolling back an equally good version, over all criteria and all looks together. */
  alpha: z.number().gt(0).max(0.2).default(0.02),
  onTimeout: z.enum(["hold", "rollback"]).default("hold"),
  /** A statistical rollback needs at least this many bad events in the canary: with fewer the test is no longer as strict as `alpha` says. */
  minBadEvents: z.number().int().min(1).max(1_000).default(8),
  hardKill: HardKill.prefault({}),
  /** Left out: what is usual in the deployment's environment. */
  watch: PromotionWatch.optional(),
});
export const RolloutCriteria = Criteria.refine((c) => METRIC_NAMES.some((name) => c[name] !== undefined), {
  message: "Choose at least one criterion: a rollout that measures nothing can never advance.",
});
export type RolloutCriteria = z.infer<typeof RolloutCriteria>;

/** Criteria as stored: a rollout that began before there was a choice goes on by the rule it began with. */
export const StoredCriteria = Criteria.extend({ advanceWhen: z.enum(ADVANCE_MODES).default("not-worse") });

export const RolloutPlan = z
  .object({ stages: z.array(RolloutStage).min(1).max(20), criteria: RolloutCriteria })
  .superRefine(({ stages }, issues) => {
    stages.forEach((stage, i) => {
      const before = stages[i - 1];
      if (before !== undefined && stage.sharePercent <= before.sharePercent) {
        issues.addIssue({
          code: "custom",
          path: ["stages", i, "sharePercent"],
          message: `The share must grow from stage to stage; ${stage.sharePercent}% follows ${before.sharePercent}%.`,
        });
      }
    });
    if (stages[0]?.sharePercent === MAX_SHARE_PERCENT) {
      issues.addIssue({
        code: "custom",
        path: ["stages", 0, "sharePercent"],
        message: "Start below 100%: without stable traffic beside it the canary cannot be judged.",
      });
    }
  });
export type RolloutPlan = z.infer<typeof RolloutPlan>;

const Count = z.number().int().min(0);

/** Sums of the errors of predicted numbers, for the means of `|e|` and `e²` and what these means vary by. */
export const NumericErrors = z.object({
  n: Count,
  absolute: z.number().min(0),
  squared: z.number().min(0),
  fourth: z.number().min(0),
});
export type NumericErrors = z.infer<typeof NumericErrors>;

export const ArmCounts = z.object({
  requests: Count,
  /** Failed by the server's fault; a refused bad request is not an error. */
  errors: Count,
  /** Slower than the latency bound. */
  slow: Count,
  /** Labelled predictions, and how many of them were right. */
  feedback: Count,
  correct: Count,
  /** Of the labelled predictions whose truth is a number; missing where none is. */
  numeric: NumericErrors.optional(),
});
export type ArmCounts = z.infer<typeof ArmCounts>;

/** What both arms served while one stage was active. */
export const StageObservation = z.object({ stable: ArmCounts, canary: ArmCounts });
export type StageObservation = z.infer<typeof StageObservation>;

export const RolloutObservations = z.object({
  /** One entry for each stage entered so far, the current stage last. */
  stages: z.array(StageObservation),
  /** Failed canary requests in a row up to now. */
  consecutiveFailures: Count,
});
export type RolloutObservations = z.infer<typeof RolloutObservations>;

export const MetricName = z.enum(METRIC_NAMES);
export type MetricName = z.infer<typeof MetricName>;

/** Smallest p seen for each metric: the memory of the sequential test. Store it with every decision. */
export const RolloutEvidence = z.partialRecord(MetricName, z.number().min(0).max(1));
export type RolloutEvidence = z.infer<typeof RolloutEvidence>;
