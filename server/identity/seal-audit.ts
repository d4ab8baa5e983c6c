import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/** Rows that one transaction seals; it is over in some milliseconds, and what a crash undoes is sealed by the next. */
const BATCH = 500;

/**
 * Gives the audit rows that wait their place in the chain. The database does it (db/sql/10-audit.sql), so that several workers at once, or one
 * that dies in the middle, leave the one chain. Returns how many were sealed.
 */
export async function sealAudit(db: Db): Promise<number> {
  for (let total = 0; ;) {
    // oxlint-disable-next-line no-await-in-loop -- one batch after another
    const { rows } = await db.execute<{ sealed: number }>(
      sql`select modelworks_seal_audit(${BATCH}) as sealed`,
    );
    const sealed = rows[0]?.sealed ?? 0;
    total += sealed;
    if (sealed < BATCH) return total;
  }
}
