import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Ctx } from "@/server/core/context";
import { inTransaction } from "@/server/core/verb";
import { failUpload } from "./fail-upload";

/** Bytes that have not all arrived after this long never will. */
const ABANDONED_HOURS = 24;
/** A process that has not said for this long that it lives takes no bytes any more. */
const SILENT_SECONDS = 30;

const ABANDONED = {
  code: "abandoned",
  message: "The bytes never arrived completely.",
  hint: "Send the file again.",
};

interface Row extends Record<string, unknown> {
  id: string;
  team_id: string;
  is_old: boolean;
}

/**
 * A sweep that fails uploads whose bytes will not all arrive: the process that took them is gone, or a day has passed. A process counts as
 * gone when two sweeps in a row find it silent: after an outage of the database the sweep may come before the first sign of life.
 */
export function abandonedUploadSweep(ctxOf: (teamId: string) => Ctx): (db: Db) => Promise<void> {
  let silentBefore: ReadonlySet<string> = new Set();
  return async (db) => {
    const { rows } = await db.execute<Row>(sql`
      select u.id, u.team_id, u.created_at < now() - make_interval(hours => ${ABANDONED_HOURS}) as is_old
      from uploads u where u.state = 'receiving' and (
        u.created_at < now() - make_interval(hours => ${ABANDONED_HOURS})
        or (u.received_by is not null and u.created_at < now() - make_interval(secs => ${SILENT_SECONDS}) and not exists (
          select 1 from processes p
          where p.id = u.received_by and p.seen_at > now() - make_interval(secs => ${SILENT_SECONDS}))))
      order by u.created_at limit 100`);
    for (const { id, team_id, is_old } of rows) {
      if (is_old || silentBefore.has(id))
        await inTransaction(ctxOf(team_id), (ctx) => failUpload(ctx, id, ABANDONED, ["receiving"]));
    }
    silentBefore = new Set(rows.map(({ id }) => id));
  };
}
