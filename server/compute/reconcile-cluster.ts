import { and, eq, inArray, isNotNull, lt } from "drizzle-orm";
import type { Db } from "@/db/client";
import { jobAttempts } from "@/db/schema";
import { cluster } from "@/server/composition";
import { openAttempts } from "./admit-jobs";

/** How long an ended attempt's folder stays, for a look at what it left. */
const KEEP_MS = 24 * 3600_000;

/** Those of open attempts that are missing where they should be. */
async function missingHere(db: Db, missing: readonly string[]): Promise<number> {
  if (missing.length === 0) return 0;
  const rows = await db
    .select({ id: jobAttempts.id })
    .from(jobAttempts)
    .where(and(inArray(jobAttempts.id, [...missing]), eq(jobAttempts.place, await cluster().place())));
  return rows.length;
}

/**
 * Ends processes of attempts that no row knows, and forgets folders of attempts that ended a day ago and whose log is stored.
 * Attempts that are open here but unknown there are started again by their workflow. Each place does it for itself.
 */
export async function reconcileCluster(
  db: Db,
): Promise<{ endedOrphans: number; missing: number; removed: number }> {
  const { endedOrphans, missing } = await cluster().reconcile(await openAttempts(db));
  const old = (await cluster().list())
    .filter((state) => state.endedAt !== null && Date.now() - Date.parse(state.endedAt) > KEEP_MS)
    .map((state) => state.attemptId);
  const stored =
    old.length === 0
      ? []
      : await db
          .select({ id: jobAttempts.id })
          .from(jobAttempts)
          .where(
            and(
              inArray(jobAttempts.id, old),
              isNotNull(jobAttempts.logDigest),
              lt(jobAttempts.endedAt, new Date(Date.now() - KEEP_MS)),
            ),
          );
  for (const { id } of stored) await cluster().remove(id);
  return {
    endedOrphans: endedOrphans.length,
    missing: await missingHere(db, missing),
    removed: stored.length,
  };
}
