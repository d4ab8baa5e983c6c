import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { finishAttempt } from "./finish-attempt";
import { loadAttempt } from "./run-attempt";

/** A place whose workers have been silent for so long is taken for absent. */
const SILENT_SECONDS = 60;

/**
 * Ends what a person cancelled and whose place is absent: nobody there can end it now. Nothing else ends an attempt of another place, since
 * its processes may live; what runs of a cancelled one is ended when the place comes back.
 */
export async function endCancelledOfAbsent(db: Db): Promise<number> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select a.id from job_attempts a join jobs j on j.id = a.job_id
    where a.ended_at is null and a.place is not null and j.cancel_requested_at < now() - make_interval(secs => ${SILENT_SECONDS})
      and not exists (select 1 from processes p where p.kind = 'worker' and p.info ->> 'place' = a.place
        and p.seen_at > now() - make_interval(secs => ${SILENT_SECONDS}))`);
  for (const { id } of rows) {
    const loaded = await loadAttempt(db, id);
    if (loaded)
      await finishAttempt(loaded, {
        reason: "Cancelled",
        text: `${loaded.job.reasonText} Its machine is not heard of; what still runs there is ended when it comes back.`,
      });
  }
  return rows.length;
}
