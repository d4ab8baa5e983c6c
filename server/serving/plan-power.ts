import { and, eq } from "drizzle-orm";
import { deployments } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { query } from "@/server/core/verb";
import type { Deployment } from "./load";
import { observedTraffic } from "./observed-traffic";
import { planPower } from "./rollout/power";
import { powerWords } from "./rollout/power-words";
import type { RolloutPlan } from "./rollout/schemas";
import { sizedPlan } from "./rollout/sized-plan";
import { standardCriteria, standardPlan } from "./rules";
import { PlanPowerInput } from "./schemas";

/** Rates from fewer requests are guesses. */
const FEW_REQUESTS = 1_000;

/** The plan of a deploy that names none: sized by what was observed, or the standard one where nothing came yet. */
export async function defaultPlan(
  ctx: Ctx,
  deployment: Pick<Deployment, "id" | "latencyBoundMs">,
): Promise<RolloutPlan> {
  const traffic = await observedTraffic(ctx.db, deployment, ctx.now());
  if (!traffic) return standardPlan(deployment.latencyBoundMs);
  return sizedPlan(standardCriteria(deployment.latencyBoundMs), traffic);
}

/** What a plan would see at the deployment's traffic, before anything starts; with a wish, the plan that fulfils it. */
export const planPowerOf = query(
  {
    name: "serving.deployment.plan",
    permission: "serving.deployment.read",
    input: PlanPowerInput,
    summary: "Size a canary plan and state its power",
  },
  async ({ ctx, input }) => {
    const [deployment] = await ctx.db
      .select()
      .from(deployments)
      .where(and(eq(deployments.teamId, ctx.actor.teamId), eq(deployments.name, input.name)));
    const boundMs = input.plan?.criteria.slowShare?.latencyBoundMs ?? deployment?.latencyBoundMs ?? 100;
    const traffic = deployment ? await observedTraffic(ctx.db, deployment, ctx.now(), boundMs) : null;
    const given = input.plan ?? standardPlan(boundMs);
    if (!traffic) {
      const warnings = [
        `No requests reached ${input.name} in the last day, so nobody can say what a plan would notice, or when.`,
      ];
      return { name: input.name, traffic, plan: given, power: null, sentences: [], warnings };
    }
    const isSized = input.wish !== undefined || input.plan === undefined;
    const plan = isSized ? sizedPlan(given.criteria, traffic, input.wish) : given;
    const power = planPower(plan, traffic, input.wish ?? input.losses);
    const { sentences, warnings } = powerWords(plan, traffic, power);
    const rough = `Only ${traffic.requests} requests were seen in the last day: take these figures as a rough guess.`;
    const all = traffic.requests < FEW_REQUESTS ? [rough, ...warnings] : warnings;
    return { name: input.name, traffic, plan, power, sentences, warnings: all };
  },
);
