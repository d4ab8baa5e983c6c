import { and, inArray, isNotNull, or } from "drizzle-orm";
import type { Db } from "@/db/client";
import { jobAttempts } from "@/db/schema";
import { OPEN_ATTEMPT_STATES } from "./admit-jobs";
import { finishAttempt } from "./finish-attempt";
import { loadAttempt } from "./run-attempt";

/**
 * Ends the attempts that ran when a backup was made: their processes are another installation's, whose workers alone could follow them. A job that may be tried again
 * is; what nobody had begun begins here. Returns how many attempts ended.
 */
export async function endRestoredAttempts(db: Db, backupMadeAt: string): Promise<number> {
  const rows = await db
    .select({ id: jobAttempts.id })
    .from(jobAttempts)
    .where(
      and(
        inArray(jobAttempts.state, OPEN_ATTEMPT_STATES),
        or(isNotNull(jobAttempts.place), isNotNull(jobAttempts.startedAt)),
      ),
    );
  for (const { id } of rows) {
    const loaded = await loadAttempt(db, id);
    if (!loaded) continue;
    const text = `Lost: it ran when the backup of ${backupMadeAt} was made, from which this installation was restored.`;
    await finishAttempt(loaded, { reason: "Lost", text });
  }
  return rows.length;
}
