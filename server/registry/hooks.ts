import type { Ctx } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import type { Admission, AffectedDeployment } from "@/server/governance";

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

/** Supplied by serving: whether a version may begin to serve in an environment now, by its signed evidence. */
export type AdmissionResolver = (ctx: Ctx, versionId: string, environment: string) => Promise<Admission>;

const holder = globalThis as typeof globalThis & { modelworksAdmission?: AdmissionResolver };

/** Called once, when serving's module is loaded. */
export function registerAdmission(resolve: AdmissionResolver): void {
  holder.modelworksAdmission = resolve;
}

/** Undefined while no domain above serves models. */
export const admissionIfKnown = async (
  ...asked: Parameters<AdmissionResolver>
): Promise<Admission | undefined> => holder.modelworksAdmission?.(...asked);

/** @throws AppError `unavailable` while no domain above can tell: what cannot be judged is not admitted. */
export const admissionOfVersion: AdmissionResolver = (ctx, versionId, environment) => {
  if (!holder.modelworksAdmission)
    throw new AppError("unavailable", "Nothing here can tell whether a version is admitted.", {
      hint: "Try again when the portal has started completely.",
    });
  return holder.modelworksAdmission(ctx, versionId, environment);
};
