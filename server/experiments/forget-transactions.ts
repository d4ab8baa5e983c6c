import { isNotNull, ne } from "drizzle-orm";
import type { Db } from "@/db/client";
import { runLatestMetrics, runMetrics } from "@/db/schema";

/**
 * Rows say by the number of a transaction what was written when. In another database the numbers begin again, and rows of the former would look newer than all
 * that comes: they become older than all.
 */
export async function forgetTransactions(db: Db): Promise<void> {
  await db.update(runLatestMetrics).set({ changed: 0 }).where(ne(runLatestMetrics.changed, 0));
  await db.update(runMetrics).set({ late: 0 }).where(isNotNull(runMetrics.late));
}
