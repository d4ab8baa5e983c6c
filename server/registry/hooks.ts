import type { Ctx } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import type { Admission, AffectedDeployment } from "@/server/governance";

/** A version lost the requests that it had been given, and nothing has answered that since. */
export interface Setback {
  environment: string;
  /** The deployment's name. */
  deployment: string;
  href: string;
  rolloutId: string | null;
  reason: string;
  at: Date;
}

/** What a model's timeline is about besides itself. */
export interface ServedThing {
  kind: "deployment" | "rollout";
  id: string;
  deployment: string;
  environment: string;
  /** The version of a rollout. */
  versionId: string | null;
  href: string;
}

/** What serving tells the registry, which imports nothing upwards. */
export interface ServingHooks {
  /** Which deployments of a model an approval would touch, in an environment. */
  deploymentsOfModel: (
    ctx: Ctx,
    input: { modelId: string; versionId: string; environment?: string },
  ) => Promise<AffectedDeployment[]>;
  /** Whether a version may begin to serve in an environment now, by its signed evidence. */
  admission: (ctx: Ctx, versionId: string, environment: string) => Promise<Admission>;
  /** Open setbacks by version. */
  openSetbacks: (ctx: Ctx, versionIds: readonly string[]) => Promise<Map<string, Setback[]>>;
  servedThings: (ctx: Ctx, modelId: string) => Promise<ServedThing[]>;
}

const holder = globalThis as typeof globalThis & { modelworksServing?: ServingHooks };

/** Called once, when serving's module is loaded. */
export function registerServing(hooks: ServingHooks): void {
  holder.modelworksServing = hooks;
}

/** Undefined while no domain above serves models. */
export const servingIfKnown = (): ServingHooks | undefined => holder.modelworksServing;

/** @throws AppError `unavailable` while no domain above can tell: what cannot be judged is not admitted. */
export const admissionOfVersion: ServingHooks["admission"] = (ctx, versionId, environment) => {
  if (!holder.modelworksServing)
    throw new AppError("unavailable", "Nothing here can tell whether a version is admitted.", {
      hint: "Try again when the portal has started completely.",
    });
  return holder.modelworksServing.admission(ctx, versionId, environment);
};

/** Deployments of the model; none while no domain above serves models. */
export const deploymentsOfModel: ServingHooks["deploymentsOfModel"] = async (ctx, input) =>
  holder.modelworksServing?.deploymentsOfModel(ctx, input) ?? [];
