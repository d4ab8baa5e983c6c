import { z } from "zod";

/**
 * What a gateway says of each deployment in its heartbeat (`processes.info.serving`): which version each arm has, and whether it can serve it.
 * Those who decide (rollouts, alerts) read it with this schema; a gateway that has not looked yet says nothing, which is not "all is well".
 */

export const ARM_STATES = ["loading", "ready", "failed", "crash-looping"] as const;
export type ArmState = (typeof ARM_STATES)[number];

export const ArmReport = z.object({
  versionId: z.string(),
  state: z.enum(ARM_STATES),
  /** Why it does not serve, in words for people; of one that serves, what is odd about it, and mostly empty. */
  reason: z.string(),
  /** Since when it is in this state, by the gateway's clock. */
  sinceMs: z.number(),
});
export type ArmReport = z.infer<typeof ArmReport>;

export const DeploymentReport = z.object({
  /** The newest generation whose split this gateway follows. */
  generation: z.number().int(),
  /** What the deployment's row asks for; null where it names no version. */
  stable: ArmReport.nullable(),
  canary: ArmReport.nullable(),
  /** The version that answers the stable share now: the one before, while the wanted one loads or fails. */
  answering: z.string().nullable(),
});
export type DeploymentReport = z.infer<typeof DeploymentReport>;

/** By the deployment's id. */
export const ServingReport = z.record(z.string(), DeploymentReport);
export type ServingReport = z.infer<typeof ServingReport>;

/** Whether an arm answers requests now. */
export const serves = (arm: ArmReport | null): boolean => arm?.state === "ready";

/** Whether an arm will not serve without a change: it was refused, cannot be loaded, or its process dies again and again. */
export const isBroken = (arm: ArmReport | null): arm is ArmReport =>
  arm?.state === "failed" || arm?.state === "crash-looping";
