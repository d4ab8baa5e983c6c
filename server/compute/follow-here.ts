import { and, eq, inArray, isNull, lt, or } from "drizzle-orm";
import type { Db } from "@/db/client";
import { jobAttempts } from "@/db/schema";
import { cluster } from "@/server/composition";
import { log } from "@/server/core/log";
import { OPEN_ATTEMPT_STATES } from "./admit-jobs";
import { isFollowed, submitAttempt, watchAttempt } from "./run-attempt";

/** Younger ones are on their way to the workflow that follows them. */
const YOUNG_MS = 10_000;

/**
 * Follows what this place has and this process does not follow yet: the workflow of an attempt may have passed to a worker elsewhere, which
 * cannot see it. Several that follow one attempt record its end once.
 */
export async function followHere(db: Db): Promise<void> {
  const here = await cluster().place();
  const rows = await db
    .select({ id: jobAttempts.id, place: jobAttempts.place })
    .from(jobAttempts)
    .where(
      and(
        inArray(jobAttempts.state, OPEN_ATTEMPT_STATES),
        or(eq(jobAttempts.place, here), isNull(jobAttempts.place)),
        lt(jobAttempts.createdAt, new Date(Date.now() - YOUNG_MS)),
      ),
    );
  for (const { id, place } of rows) {
    if (isFollowed(id)) continue;
    // Of one that was begun before places were noted, who keeps it has it.
    if (place === null && (await cluster().observe(id)) === null) continue;
    void submitAttempt(db, id)
      .then(() => watchAttempt(db, id))
      .catch((error: unknown) =>
        log.warn({ err: error, attemptId: id }, "could not follow an attempt; trying again"),
      );
  }
}
