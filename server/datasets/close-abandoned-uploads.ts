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

/** Fails uploads whose bytes will not all arrive: the process that took them is gone, or a day has passed. */
export async function closeAbandonedUploads(db: Db, ctxOf: (teamId: string) => Ctx): Promise<void> {
  const { rows } = await db.execute<{ id: string; team_id: string }>(sql`
    select u.id, u.team_id from uploads u where u.state = 'receiving' and (
      u.created_at < now() - make_interval(hours => ${ABANDONED_HOURS})
      or (u.received_by is not null and u.created_at < now() - make_interval(secs => ${SILENT_SECONDS}) and not exists (
        select 1 from processes p
        where p.id = u.received_by and p.seen_at > now() - make_interval(secs => ${SILENT_SECONDS}))))
    order by u.created_at limit 100`);
  for (const { id, team_id } of rows) {
    await inTransaction(ctxOf(team_id), (ctx) => failUpload(ctx, id, ABANDONED, ["receiving"]));
  }
}
