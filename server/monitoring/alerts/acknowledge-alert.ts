import { and, eq } from "drizzle-orm";
import { alerts } from "@/db/schema";
import { people } from "@/server/identity";
import { audit } from "@/server/core/audit";
import { conflict, notFound } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { AlertRef } from "../schemas";
import { deploymentTopic } from "@/server/serving/kinds";
import { alertsTopic, monitoringTopic } from "../kinds";

export const acknowledgeAlert = mutation(
  {
    name: "monitoring.alert.acknowledge",
    permission: "monitoring.alert.update",
    input: AlertRef,
    summary: "Acknowledge an alert: somebody looks after it",
  },
  async ({ ctx, input }) => {
    const own = and(eq(alerts.id, input.alertId), eq(alerts.teamId, ctx.actor.teamId));
    const [row] = await ctx.db
      .update(alerts)
      .set({
        state: "acknowledged",
        acknowledgedBy: ctx.actor.userId,
        updatedAt: ctx.now(),
        escalateAt: null,
      })
      .where(and(own, eq(alerts.state, "firing")))
      .returning({ id: alerts.id, title: alerts.title, subjectId: alerts.subjectId });
    if (!row) {
      const [now] = await ctx.db
        .select({ state: alerts.state, by: people.name })
        .from(alerts)
        .leftJoin(people, eq(people.id, alerts.acknowledgedBy))
        .where(own);
      if (!now) throw notFound("alert", input.alertId);
      const who = now.state === "acknowledged" && now.by ? ` by ${now.by}` : "";
      throw conflict(`This alert is ${now.state} already${who}.`, "Load the list again.", {
        state: now.state,
      });
    }
    await audit(ctx, {
      action: "monitoring.alert.acknowledge",
      subject: { kind: "alert", id: row.id, label: row.title },
      before: { state: "firing" },
      after: { state: "acknowledged" },
    });
    await notifyLive(ctx.db, ctx.actor.teamId, alertsTopic, monitoringTopic, deploymentTopic(row.subjectId));
    return { alertId: row.id, state: "acknowledged" as const };
  },
);
