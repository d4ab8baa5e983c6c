import { quotas, teams } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { newId, uuidV7Hex } from "@/server/core/ids";
import { emit } from "@/server/core/outbox";

const GIB = 1024 ** 3;

/** What every new team may use at once: milli-cores, bytes, milli-devices. More is granted on request. */
export const BASE_QUOTAS = [
  { resource: "cpu", amount: 4_000 },
  { resource: "memory", amount: 8 * GIB },
  { resource: "gpu:a100", amount: 0 },
] as const;

/** Adds a team with its base quotas. The caller holds a transaction and has checked that the slug is free. */
export async function insertTeam(ctx: Ctx, team: { slug: string; name: string }) {
  const id = newId("team");
  const row = { id, ...team, createdAt: ctx.now() };
  await ctx.db.insert(teams).values(row);
  await ctx.db
    .insert(quotas)
    .values(
      BASE_QUOTAS.map((quota) => ({ id: `quo_${uuidV7Hex()}`, teamId: id, ...quota, createdAt: ctx.now() })),
    );
  await audit(ctx, {
    action: "identity.team.create",
    subject: { kind: "team", id, label: team.name },
    after: { ...team, quotas: BASE_QUOTAS },
    teamId: id,
  });
  await emit(ctx, { type: "identity.team_created", payload: { teamId: id } }, { teamId: id });
  return row;
}
