import { z } from "zod";
import { PageInput } from "@/server/core/pagination";
import { MetricName, RolloutPlan } from "./rollout/schemas";
import { ENVIRONMENTS } from "./rules";

export type { RolloutPlan } from "./rollout/schemas";

export const DeploymentName = z
  .string()
  .trim()
  .min(2, "must hold at least 2 characters")
  .max(63, "must not be longer than 63 characters")
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    "may hold lower-case letters, digits and - only, and must begin and end with a letter or digit",
  );

export const DeployInput = z.object({
  model: z.string().min(1).max(256),
  version: z.coerce.number().int().min(1),
  environment: z.enum(ENVIRONMENTS),
  /** Left out: `<model>` in production, `<model>-staging` in staging. */
  name: DeploymentName.optional(),
  /** Requests slower than this count as slow; left out, the contract's bound. */
  latencyBoundMs: z.number().gt(0).max(600_000).optional(),
  /** Name of the output that feedback is compared with; left out, the first. */
  feedbackTarget: z.string().max(200).optional(),
  /** How the canary grows and what it is judged by; left out, the standard plan. */
  plan: RolloutPlan.optional(),
  /** Why; needed where production rolled the version back and no review since has approved it. */
  reason: z.string().trim().min(3, "say why, in at least 3 characters").max(2000).optional(),
});
export type DeployInput = z.output<typeof DeployInput>;

export const DeploymentRef = z.object({ name: DeploymentName });
export const RolloutRef = z.object({ rolloutId: z.string().max(100) });
export const ControlRolloutInput = RolloutRef.extend({
  command: z.enum(["pause", "resume", "promote", "abort"]),
  /** The stage the caller saw; a promote that came late is refused instead of skipping the next stage. */
  stageIndex: z.coerce.number().int().min(0).optional(),
  reason: z.string().trim().max(2000).default(""),
});
export const RollBackInput = DeploymentRef.extend({
  reason: z.string().trim().min(3, "say why, in at least 3 characters").max(2000),
});
export const RetireInput = RollBackInput;
export const ListDeploymentsInput = PageInput.extend({
  q: z.string().max(200).default(""),
  environment: z.enum(ENVIRONMENTS).optional(),
});
export const ChartInput = z.object({
  rolloutId: z.string().max(100).optional(),
  name: DeploymentName,
  /** How far back a chart without a rollout looks. */
  windowSeconds: z.coerce.number().int().min(60).max(86_400).default(900),
  /** `cumulative`: all since the beginning, so that intervals shrink; `step`: each step by itself. */
  mode: z.enum(["cumulative", "step"]).default("cumulative"),
});
export const PlanPowerInput = z.object({
  name: DeploymentName,
  /** Left out: the plan that the observed traffic asks for. */
  plan: RolloutPlan.optional(),
  /** The losses that are asked about, by metric; left out, half as much again as the plan allows. */
  losses: z.partialRecord(MetricName, z.number().gt(0).max(5)).optional(),
  /** Smallest loss worth catching, by metric; asks for a plan that notices it in nine of ten cases. */
  wish: z.partialRecord(MetricName, z.number().gt(0).max(5)).optional(),
});
export const DeployPreviewInput = DeployInput.pick({
  model: true,
  version: true,
  environment: true,
  name: true,
});
