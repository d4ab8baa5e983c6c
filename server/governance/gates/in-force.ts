import { isNull } from "drizzle-orm";
import type { Db } from "@/db/client";
import { policies } from "@/db/schema";
import { enforcementOf, PolicyDocument } from "../cel";
import type { PolicyInForce } from "../rules";

/** When the stored version came into force, for the last time if it came back. */
export const sinceOf = (row: { createdAt: Date; activatedAt: Date | null }): Date =>
  row.activatedAt ?? row.createdAt;

export type InForce = ReadonlyMap<string, PolicyInForce>;

/** All policies in force, read once: gives those that hold for a team, by key, with their grace and rule. */
export async function readPoliciesInForce(db: Db): Promise<(teamId: string) => InForce> {
  const rows = await db.select().from(policies).where(isNull(policies.retiredAt));
  const all = rows.map((row) => {
    const { graceMs, onFallOut } = enforcementOf(PolicyDocument.parse(row.document));
    const { key, version, digest, teamId } = row;
    const sinceMs = sinceOf(row).getTime();
    const force = { key, version, digest, sinceMs, graceUntilMs: sinceMs + graceMs, onFallOut };
    return { teamId, force };
  });
  return (teamId) =>
    new Map(
      all.flatMap((each) =>
        each.teamId === null || each.teamId === teamId ? [[each.force.key, each.force] as const] : [],
      ),
    );
}

/** The policies that hold for a team now. */
export const policiesInForce = async (db: Db, teamId: string): Promise<InForce> =>
  (await readPoliciesInForce(db))(teamId);
