import type { Db } from "@/db/client";
import { tell } from "./tell";
import type { Topic } from "@/server/plates/topic";

/** `team:<id>:<topic>`; a listener may only ask for topics of its own team. */
export const liveTopic = (teamId: string, topic: string) => `${teamId}/${topic}`;

/**
 * Tells every portal that what `topic` shows has changed; sent when the transaction has committed. Subscribers refetch, so a lost
 * or doubled message does no harm. Topics are made by the rooms' `kinds.ts`.
 */
export async function notifyLive(db: Db, teamId: string, ...topics: readonly Topic[]): Promise<void> {
  for (const topic of topics) tell(db, "mw_live", liveTopic(teamId, topic));
}

const PAUSE_MS = 250;
/** Topics told within the last pause → whether they changed again since. */
const told = new Map<string, { again: boolean }>();

/** Like `notifyLive`, for what changes many times a second: at most four messages a second and topic, the last change always among them. */
export function notifyLiveSoon(db: Db, teamId: string, topic: Topic): void {
  const name = liveTopic(teamId, topic);
  const earlier = told.get(name);
  if (earlier) {
    earlier.again = true;
    return;
  }
  const state = { again: false };
  told.set(name, state);
  tell(db, "mw_live", name);
  setTimeout(() => {
    told.delete(name);
    if (state.again) notifyLiveSoon(db, teamId, topic);
  }, PAUSE_MS).unref();
}
