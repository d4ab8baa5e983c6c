import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import type { NoticeReason } from "./rules";
import type { ToldPerson } from "./tell-people";
import type { ToldAlert } from "./webhook-body";
import { alertsTopic } from "../../kinds";

interface Notice {
  /** The route's place among the team's, from 0; null for the built-in one. */
  routeIndex: number | null;
  reason: NoticeReason;
  told: readonly ToldAlert[];
}

/** The alert's history says to whom it was told, when and by which route: as it was then, whatever becomes of route and people. */
export async function noteTelling(
  ctx: Ctx,
  { routeIndex, reason, told }: Notice,
  to: { people: readonly ToldPerson[]; receiver: boolean },
): Promise<void> {
  for (const { alert, status } of told)
    await audit(ctx, {
      action: "monitoring.alert.tell",
      subject: { kind: "alert", id: alert.id, label: alert.title },
      after: { notice: reason, status, route: routeIndex === null ? null : routeIndex + 1, ...to },
    });
  await notifyLive(ctx.db, ctx.actor.teamId, alertsTopic);
}
