import type { Ctx } from "@/server/core/context";
import type { AffectedDeployment } from "@/server/governance";

/** Supplied by serving: which deployments of a model an approval would touch, in an environment. */
export type DeploymentsResolver = (
  ctx: Ctx,
  input: { modelId: string; versionId: string; environment?: string },
) => Promise<AffectedDeployment[]>;

let resolver: DeploymentsResolver | undefined;

/** Called once, when serving's module is loaded: registry imports nothing upwards. */
export function registerDeployments(resolve: DeploymentsResolver): void {
  resolver = resolve;
}

/** Deployments of the model; none while no domain above serves models. */
export const deploymentsOfModel: DeploymentsResolver = async (ctx, input) =>
  resolver ? resolver(ctx, input) : [];
