import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/** `team:<id>:<topic>`; a listener may only ask for topics of its own team. */
export const liveTopic = (teamId: string, topic: string) => `${teamId}/${topic}`;

/**
 * Tells every portal that what `topic` shows has changed; sent when the transaction commits. Subscribers refetch, so a lost
 * or doubled message does no harm. Topics: `job:<id>`, `jobs`, `run:<id>`, `version:<id>`, `review:<id>`, `reviews`,
 * `deployment:<id>`, `rollout:<id>`, `dataset:<id>`, `inbox:<userId>`, `quota`, `experiment:<id>`.
 */
export async function notifyLive(db: Db, teamId: string, ...topics: string[]): Promise<void> {
  for (const topic of topics) {
    await db.execute(sql`select pg_notify('mw_live', ${liveTopic(teamId, topic)})`);
  }
}
