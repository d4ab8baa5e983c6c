import type { RolloutPlan } from "@/server/serving/rollout/schemas";

const MINUTE_MS = 60_000;

/** The deploy form's values; shares as per cent and times in minutes, as people say them. The server checks the plan itself. */
export interface DeployValues {
  model: string;
  version: string;
  environment: "staging" | "production";
  name: string;
  stages: { sharePercent: number | null; minRequests: number | null; maxMinutes: number | null }[];
  errorOn: boolean;
  errorPoints: number | null;
  slowOn: boolean;
  slowBoundMs: number | null;
  slowPoints: number | null;
  accuracyOn: boolean;
  accuracyPoints: number | null;
  minFeedback: number | null;
  alphaPercent: number | null;
  minBadEvents: number | null;
  onTimeout: "hold" | "rollback";
}

/** A plan as the form shows it. */
export function fromPlan(
  plan: RolloutPlan,
): Omit<DeployValues, "model" | "version" | "environment" | "name"> {
  const { criteria } = plan;
  const points = (share: number | undefined, otherwise: number) =>
    Number(((share ?? otherwise) * 100).toFixed(4));
  return {
    stages: plan.stages.map((stage) => ({
      sharePercent: stage.sharePercent,
      minRequests: stage.minRequests,
      maxMinutes: stage.maxDurationMs / MINUTE_MS,
    })),
    errorOn: criteria.errorRate !== undefined,
    errorPoints: points(criteria.errorRate?.maxIncrease, 0.02),
    slowOn: criteria.slowShare !== undefined,
    slowBoundMs: criteria.slowShare?.latencyBoundMs ?? 100,
    slowPoints: points(criteria.slowShare?.maxIncrease, 0.05),
    accuracyOn: criteria.accuracy !== undefined,
    accuracyPoints: points(criteria.accuracy?.maxDrop, 0.1),
    minFeedback: criteria.accuracy?.minFeedback ?? 30,
    alphaPercent: points(criteria.alpha, 0.05),
    minBadEvents: criteria.minBadEvents,
    onTimeout: criteria.onTimeout,
  };
}

const share = (percent: number | null) => (percent ?? Number.NaN) / 100;

/** What is sent: the same schema as the server's, so that the browser refuses what the server would. */
export async function toDeployInput(values: DeployValues, canary: boolean) {
  const { DeployInput } = await import("@/server/serving/schemas");
  return DeployInput.safeParse({
    model: values.model,
    version: values.version,
    environment: values.environment,
    name: values.name.trim() || undefined,
    plan: canary
      ? {
          stages: values.stages.map((stage) => ({
            sharePercent: stage.sharePercent,
            minRequests: stage.minRequests,
            maxDurationMs: (stage.maxMinutes ?? Number.NaN) * MINUTE_MS,
          })),
          criteria: {
            errorRate: values.errorOn ? { maxIncrease: share(values.errorPoints) } : undefined,
            slowShare: values.slowOn
              ? { latencyBoundMs: values.slowBoundMs, maxIncrease: share(values.slowPoints) }
              : undefined,
            accuracy: values.accuracyOn
              ? { maxDrop: share(values.accuracyPoints), minFeedback: values.minFeedback }
              : undefined,
            alpha: share(values.alphaPercent),
            minBadEvents: values.minBadEvents,
            onTimeout: values.onTimeout,
          },
        }
      : undefined,
  });
}

/** The fields' labels; one that stands twice in the form says of what. */
const LABELS: Readonly<Record<string, string>> = {
  model: "Model",
  version: "Version",
  environment: "Environment",
  name: "Name",
  errorOn: "Error rate",
  errorPoints: "Error rate, may rise by",
  slowBoundMs: "Slow is over",
  slowPoints: "Share of slow requests, may rise by",
  accuracyPoints: "Accuracy, may drop by",
  minFeedback: "Labels in each arm",
  alphaPercent: "False alarms",
  minBadEvents: "Least bad events",
  onTimeout: "When a stage's time is over",
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
  "plan.criteria.accuracy.maxDrop": "accuracyPoints",
  "plan.criteria.accuracy.minFeedback": "minFeedback",
  "plan.criteria.alpha": "alphaPercent",
  "plan.criteria.minBadEvents": "minBadEvents",
  "plan.criteria.onTimeout": "onTimeout",
  "plan.criteria": "errorOn",
};

/** The form's field for a path of the request. */
export function fieldOf(path: string): string {
  const stage = /^plan\.stages\.(\d+)\.(\w+)$/.exec(path);
  if (stage)
    return `stages.${stage[1] ?? "0"}.${stage[2] === "maxDurationMs" ? "maxMinutes" : (stage[2] ?? "")}`;
  return FIELDS[path] ?? path;
}
