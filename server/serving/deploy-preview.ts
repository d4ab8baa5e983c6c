import { and, eq } from "drizzle-orm";
import { z } from "zod";
import { deployments } from "@/db/schema";
import { query } from "@/server/core/verb";
import { getVersion, readableVersions, servedBy } from "@/server/registry";
import { admissionNow } from "./admission";
import { openRollout } from "./load";
import { defaultPlan } from "./plan-power";
import { deploymentNameOf, standardPlan } from "./rules";
import { DeployPreviewInput } from "./schemas";
import { openSetback } from "./setbacks";

const Bound = z.object({ latencyBoundMs: z.number().gt(0) });

/** What a deploy would do and what it still lacks; changes nothing. */
export const previewDeploy = query(
  {
    name: "serving.deployment.preview",
    permission: "serving.deployment.read",
    input: DeployPreviewInput,
    summary: "Preview a deploy: admission and effect",
  },
  async ({ ctx, input }) => {
    const version = await getVersion.within(ctx, { name: input.model, version: input.version });
    const name = input.name ?? deploymentNameOf(version.modelName, input.environment);
    const [deployment] = await ctx.db
      .select()
      .from(deployments)
      .where(and(eq(deployments.teamId, ctx.actor.teamId), eq(deployments.name, name)));
    const [current] = deployment?.stableVersionId
      ? await ctx.db
          .select({ number: readableVersions.number })
          .from(readableVersions)
          .where(eq(readableVersions.id, deployment.stableVersionId))
      : [];
    const running = deployment ? await openRollout(ctx, deployment.id) : undefined;
    const bound = Bound.safeParse(version.contract);
    const serving = deployment !== undefined && deployment.retiredAt === null && current !== undefined;
    const { runtime, words, ownCode } = servedBy(version);
    const unchanged = serving && deployment.stableVersionId === version.id;
    return {
      name,
      state: version.state,
      stateText: version.stateText,
      /** What would run it, in words, and whether that runs code of the model's own. */
      runtime:
        runtime === null
          ? null
          : { words, runsOwnCode: ownCode.length > 0, isElsewhere: runtime === "elsewhere" },
      admission: await admissionNow(ctx, version.id, input.environment),
      /** Version that serves the name now. */
      currentVersion: serving ? current.number : null,
      runningRolloutId: running?.id ?? null,
      /** It was rolled back there, and neither a review nor a rollout since has answered that: production wants a reason. */
      setback: unchanged ? null : await openSetback(ctx, version.id, input.environment),
      effect: unchanged
        ? ("unchanged" as const)
        : serving && input.environment === "production"
          ? ("canary" as const)
          : ("at_once" as const),
      /** What a canary would follow: fitted to the traffic of the last day where there was any. */
      plan: deployment
        ? await defaultPlan(ctx, deployment)
        : standardPlan(bound.success ? bound.data.latencyBoundMs : 100),
    };
  },
);
