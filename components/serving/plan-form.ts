import type { MetricName, RolloutPlan } from "@/server/serving/rollout/schemas";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const USUAL_WATCH_MS = 24 * HOUR_MS;

/** The deploy form's values; shares as per cent and times in minutes, as people say them. The server checks the plan itself. */
export interface DeployValues {
  model: string;
  version: string;
  environment: "staging" | "production";
  name: string;
  /** Why again; asked after a rollback. */
  reason: string;
  stages: { sharePercent: number | null; minRequests: number | null; maxMinutes: number | null }[];
  advanceWhen: "proven" | "not-worse";
  errorOn: boolean;
  errorPoints: number | null;
  slowOn: boolean;
  slowBoundMs: number | null;
  slowPoints: number | null;
  /** Largest share of the canary's own requests that may be slow; empty: no limit. */
  slowLimitPercent: number | null;
  accuracyOn: boolean;
  accuracyPoints: number | null;
  absoluteOn: boolean;
  absolutePercent: number | null;
  squaredOn: boolean;
  squaredPercent: number | null;
  /** For accuracy and errors of numbers alike. */
  minFeedback: number | null;
  alphaPercent: number | null;
  minBadEvents: number | null;
  onTimeout: "hold" | "rollback";
  watchOnWorse: "rollback" | "offer" | "off";
  watchHours: number | null;
  /** Not asked; kept as the plan names it. */
  hardKill: RolloutPlan["criteria"]["hardKill"];
  /** Smallest losses worth catching, points or per cent: what the plan is sized to. */
  wish: Record<MetricName, number | null>;
}

/** What of the form's values makes the plan. */
export type PlanValues = Omit<DeployValues, "model" | "version" | "environment" | "name" | "reason">;

export const PLAN_KEYS = [
  "stages",
  "advanceWhen",
  "errorOn",
  "errorPoints",
  "slowOn",
  "slowBoundMs",
  "slowPoints",
  "slowLimitPercent",
  "accuracyOn",
  "accuracyPoints",
  "absoluteOn",
  "absolutePercent",
  "squaredOn",
  "squaredPercent",
  "minFeedback",
  "alphaPercent",
  "minBadEvents",
  "onTimeout",
  "watchOnWorse",
  "watchHours",
  "hardKill",
  "wish",
] as const satisfies readonly (keyof PlanValues)[];

const WISH_PER_MARGIN = 1.5;
const METRIC_NAMES = ["errorRate", "slowShare", "accuracy", "absoluteError", "squaredError"] as const;

/** A plan as the form shows it. */
export function fromPlan(plan: RolloutPlan): PlanValues {
  const { criteria } = plan;
  const { errorRate, slowShare, accuracy, absoluteError, squaredError } = criteria;
  const points = (share: number | undefined, otherwise: number) =>
    Number(((share ?? otherwise) * 100).toFixed(4));
  const margins = {
    errorRate: points(errorRate?.maxIncrease, 0.01),
    slowShare: points(slowShare?.maxIncrease, 0.02),
    accuracy: points(accuracy?.maxDrop, 0.03),
    absoluteError: points(absoluteError?.maxIncrease, 0.1),
    squaredError: points(squaredError?.maxIncrease, 0.2),
  };
  const loss = (margin: number) => Number((margin * WISH_PER_MARGIN).toPrecision(3));
  return {
    stages: plan.stages.map((stage) => ({
      sharePercent: stage.sharePercent,
      minRequests: stage.minRequests,
      maxMinutes: stage.maxDurationMs / MINUTE_MS,
    })),
    advanceWhen: criteria.advanceWhen,
    errorOn: errorRate !== undefined,
    errorPoints: margins.errorRate,
    slowOn: slowShare !== undefined,
    slowBoundMs: slowShare?.latencyBoundMs ?? 100,
    slowPoints: margins.slowShare,
    slowLimitPercent: slowShare?.maxShare === undefined ? null : points(slowShare.maxShare, 0),
    accuracyOn: accuracy !== undefined,
    accuracyPoints: margins.accuracy,
    absoluteOn: absoluteError !== undefined,
    absolutePercent: margins.absoluteError,
    squaredOn: squaredError !== undefined,
    squaredPercent: margins.squaredError,
    minFeedback: (accuracy ?? absoluteError ?? squaredError)?.minFeedback ?? 100,
    alphaPercent: points(criteria.alpha, 0.02),
    minBadEvents: criteria.minBadEvents,
    onTimeout: criteria.onTimeout,
    watchOnWorse: criteria.watch?.onWorse ?? "rollback",
    watchHours: (criteria.watch?.durationMs ?? USUAL_WATCH_MS) / HOUR_MS,
    hardKill: criteria.hardKill,
    wish: {
      errorRate: loss(margins.errorRate),
      slowShare: loss(margins.slowShare),
      accuracy: loss(margins.accuracy),
      absoluteError: loss(margins.absoluteError),
      squaredError: loss(margins.squaredError),
    },
  };
}

const share = (percent: number | null) => (percent ?? Number.NaN) / 100;

/** The metrics that the form judges by, in the order in which they are shown. */
export function chosenMetrics(values: PlanValues): MetricName[] {
  const on: Record<MetricName, boolean> = {
    errorRate: values.errorOn,
    slowShare: values.slowOn,
    accuracy: values.accuracyOn,
    absoluteError: values.absoluteOn,
    squaredError: values.squaredOn,
  };
  return METRIC_NAMES.filter((name) => on[name]);
}

/** The smallest losses worth catching, as shares; metrics without one are left to the plan. */
export const wishOf = (values: PlanValues): Partial<Record<MetricName, number>> =>
  Object.fromEntries(
    chosenMetrics(values).flatMap((name) => {
      const loss = values.wish[name];
      return loss === null || !(loss > 0) ? [] : [[name, loss / 100]];
    }),
  );

function planOf(values: PlanValues) {
  const { minFeedback } = values;
  const rise = (percent: number | null) => ({ maxIncrease: share(percent), minFeedback });
  return {
    stages: values.stages.map((stage) => ({
      sharePercent: stage.sharePercent,
      minRequests: stage.minRequests,
      maxDurationMs: (stage.maxMinutes ?? Number.NaN) * MINUTE_MS,
    })),
    criteria: {
      advanceWhen: values.advanceWhen,
      errorRate: values.errorOn ? { maxIncrease: share(values.errorPoints) } : undefined,
      slowShare: values.slowOn
        ? {
            latencyBoundMs: values.slowBoundMs,
            maxIncrease: share(values.slowPoints),
            maxShare: values.slowLimitPercent === null ? undefined : share(values.slowLimitPercent),
          }
        : undefined,
      accuracy: values.accuracyOn ? { maxDrop: share(values.accuracyPoints), minFeedback } : undefined,
      absoluteError: values.absoluteOn ? rise(values.absolutePercent) : undefined,
      squaredError: values.squaredOn ? rise(values.squaredPercent) : undefined,
      alpha: share(values.alphaPercent),
      minBadEvents: values.minBadEvents,
      onTimeout: values.onTimeout,
      hardKill: values.hardKill,
      watch: {
        onWorse: values.watchOnWorse,
        durationMs: Math.round((values.watchHours ?? Number.NaN) * HOUR_MS),
      },
    },
  };
}

/** The plan, when it is whole; null while something in it is missing or wrong. */
export async function toPlan(values: PlanValues): Promise<RolloutPlan | null> {
  const { RolloutPlan: Plan } = await import("@/server/serving/rollout/schemas");
  return Plan.safeParse(planOf(values)).data ?? null;
}

/** What is sent: the same schema as the server's, so that the browser refuses what the server would. */
export async function toDeployInput(values: DeployValues, canary: boolean) {
  const [{ DeployInput }, { checkInput }] = await Promise.all([
    import("@/server/serving/schemas"),
    import("@/components/form/check-input"),
  ]);
  return checkInput(DeployInput, {
    model: values.model,
    version: values.version,
    environment: values.environment,
    name: values.name.trim() || undefined,
    reason: values.reason.trim() || undefined,
    plan: canary ? planOf(values) : undefined,
  });
}

/** The fields' labels; one that stands twice in the form says of what. */
const LABELS: Readonly<Record<string, string>> = {
  model: "Model",
  version: "Version",
  environment: "Environment",
  name: "Name",
  reason: "Why again",
  errorOn: "Error rate",
  errorPoints: "Error rate, may rise by",
  slowBoundMs: "Slow is over",
  slowPoints: "Share of slow requests, may rise by",
  slowLimitPercent: "Share of slow requests, at most",
  accuracyPoints: "Accuracy, may drop by",
  absolutePercent: "Mean absolute error, may rise by",
  squaredPercent: "Mean squared error, may rise by",
  advanceWhen: "A stage ends",
  minFeedback: "Labels in each arm",
  alphaPercent: "False alarms",
  minBadEvents: "Least bad events",
  onTimeout: "When a stage's time is over",
  watchOnWorse: "When proven worse after the promotion",
  watchHours: "Watch it for",
};
const STAGE_LABELS: Readonly<Record<string, string>> = {
  sharePercent: "Share",
  minRequests: "Requests",
  maxMinutes: "At most",
};

/** What the form calls a field; undefined for a name that is none of its fields. */
export function labelOf(field: string): string | undefined {
  const stage = /^stages\.(\d+)\.(\w+)$/.exec(field);
  if (!stage) return LABELS[field];
  const label = STAGE_LABELS[stage[2] ?? ""];
  return label && `Stage ${Number(stage[1]) + 1}, ${label}`;
}

const FIELDS: Record<string, string> = {
  "plan.criteria.errorRate.maxIncrease": "errorPoints",
  "plan.criteria.slowShare.maxIncrease": "slowPoints",
  "plan.criteria.slowShare.latencyBoundMs": "slowBoundMs",
  "plan.criteria.slowShare.maxShare": "slowLimitPercent",
  "plan.criteria.accuracy.maxDrop": "accuracyPoints",
  "plan.criteria.absoluteError.maxIncrease": "absolutePercent",
  "plan.criteria.squaredError.maxIncrease": "squaredPercent",
  "plan.criteria.absoluteError.minFeedback": "minFeedback",
  "plan.criteria.squaredError.minFeedback": "minFeedback",
  "plan.criteria.advanceWhen": "advanceWhen",
  "plan.criteria.accuracy.minFeedback": "minFeedback",
  "plan.criteria.alpha": "alphaPercent",
  "plan.criteria.minBadEvents": "minBadEvents",
  "plan.criteria.onTimeout": "onTimeout",
  "plan.criteria.watch.onWorse": "watchOnWorse",
  "plan.criteria.watch.durationMs": "watchHours",
  "plan.criteria": "errorOn",
};

/** The form's field for a path of the request. */
export function fieldOf(path: string): string {
  const stage = /^plan\.stages\.(\d+)\.(\w+)$/.exec(path);
  if (stage)
    return `stages.${stage[1] ?? "0"}.${stage[2] === "maxDurationMs" ? "maxMinutes" : (stage[2] ?? "")}`;
  return FIELDS[path] ?? path;
}
