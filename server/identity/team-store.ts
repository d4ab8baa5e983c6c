import { teams } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { emit } from "@/server/core/outbox";

/** Adds a team; what it may use, it gets by the event. The caller holds a transaction and has checked that the slug is free. */
export async function insertTeam(ctx: Ctx, team: { slug: string; name: string }) {
  const id = newId("team");
  const row = { id, ...team, createdAt: ctx.now() };
  await ctx.db.insert(teams).values(row);
  await audit(ctx, {
    action: "identity.team.create",
    subject: { kind: "team", id, label: team.name },
    after: team,
    teamId: id,
  });
  await emit(ctx, { type: "identity.team_created", payload: { teamId: id } }, { teamId: id });
  return row;
}
