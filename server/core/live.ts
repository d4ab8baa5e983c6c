import { sql } from "drizzle-orm";
import { namedStatement, type Db } from "@/db/client";
import { log } from "./log";

/** `team:<id>:<topic>`; a listener may only ask for topics of its own team. */
export const liveTopic = (teamId: string, topic: string) => `${teamId}/${topic}`;

/**
 * Tells every portal that what `topic` shows has changed; sent when the transaction commits. Subscribers refetch, so a lost
 * or doubled message does no harm. Topics: `job:<id>`, `jobs`, `run:<id>`, `run-metrics:<id>`, `version:<id>`, `review:<id>`, `reviews`,
 * `deployment:<id>`, `rollout:<id>`, `dataset:<id>`, `inbox:<userId>`, `quota`, `experiment:<id>`.
 */
export async function notifyLive(db: Db, teamId: string, ...topics: string[]): Promise<void> {
  for (const topic of topics) {
    await db.execute(sql`select pg_notify('mw_live', ${liveTopic(teamId, topic)})`);
  }
}

const tellAll = namedStatement("notify_live", "select pg_notify('mw_live', $1)");
const PAUSE_MS = 250;
/** Topics told within the last pause → whether they changed again since. */
const told = new Map<string, { again: boolean }>();

/**
 * Like `notifyLive`, for what changes many times a second: called after the commit, at most four messages a second and topic, the last
 * change always among them. A message inside each transaction would make commits wait for one another.
 */
export function notifyLiveSoon(db: Db, teamId: string, topic: string): void {
  const name = liveTopic(teamId, topic);
  const earlier = told.get(name);
  if (earlier) {
    earlier.again = true;
    return;
  }
  const state = { again: false };
  told.set(name, state);
  tellAll(db, [name]).catch((error: unknown) =>
    log.debug({ err: error, topic: name }, "a live message was lost"),
  );
  setTimeout(() => {
    told.delete(name);
    if (state.again) notifyLiveSoon(db, teamId, topic);
  }, PAUSE_MS).unref();
}
