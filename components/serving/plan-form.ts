import { z } from "zod";
import { DeployInput } from "@/server/serving/schemas";
import type { RolloutPlan } from "@/server/serving/rollout/schemas";

const MINUTE_MS = 60_000;
const number = (message: string) => z.number({ message }).nullable();

/** The deploy form's values; shares as per cent and times in minutes, as people say them. The server checks the plan itself. */
export const DeployValues = z.object({
  model: z.string().min(1, "choose a model"),
  version: z.string().min(1, "choose a version"),
  environment: z.enum(["staging", "production"]),
  name: z.string(),
  stages: z
    .array(
      z.object({
        sharePercent: number("must be a number"),
        minRequests: number("must be a number"),
        maxMinutes: number("must be a number"),
      }),
    )
    .min(1, "needs at least one stage"),
  errorOn: z.boolean(),
  errorPoints: number("must be a number"),
  slowOn: z.boolean(),
  slowBoundMs: number("must be a number"),
  slowPoints: number("must be a number"),
  accuracyOn: z.boolean(),
  accuracyPoints: number("must be a number"),
  minFeedback: number("must be a number"),
  alphaPercent: number("must be a number"),
  minBadEvents: number("must be a number"),
  onTimeout: z.enum(["hold", "rollback"]),
});
export type DeployValues = z.infer<typeof DeployValues>;

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
export function toDeployInput(values: DeployValues, canary: boolean) {
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

const FIELDS: Record<string, string> = {
  "plan.criteria.errorRate.maxIncrease": "errorPoints",
  "plan.criteria.slowShare.maxIncrease": "slowPoints",
  "plan.criteria.slowShare.latencyBoundMs": "slowBoundMs",
  "plan.criteria.accuracy.maxDrop": "accuracyPoints",
  "plan.criteria.accuracy.minFeedback": "minFeedback",
  "plan.criteria.alpha": "alphaPercent",
  "plan.criteria.minBadEvents": "minBadEvents",
  "plan.criteria": "errorOn",
};

/** The form's field for a path of the request. */
export function fieldOf(path: string): string {
  const stage = /^plan\.stages\.(\d+)\.(\w+)$/.exec(path);
  if (stage)
    return `stages.${stage[1] ?? "0"}.${stage[2] === "maxDurationMs" ? "maxMinutes" : (stage[2] ?? "")}`;
  return FIELDS[path] ?? path;
}
