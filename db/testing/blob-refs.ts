import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

const SIDES = {
  kept: sql`select digest, owner_kind, owner_id from blob_refs`,
  found: sql`select digest, owner_kind, owner_id from blob_refs_by_scan`,
};

/** References to blobs that are kept although a scan of all tables does not find them, and the other way round. */
export async function blobRefDifferences(
  db: Db,
): Promise<{ stale: string[]; missing: string[]; kept: number }> {
  const differences = async (one: keyof typeof SIDES, other: keyof typeof SIDES) => {
    const { rows } = await db.execute<{ text: string }>(
      sql`select concat_ws(' ', owner_kind, owner_id, digest) as text from (${SIDES[one]} except ${SIDES[other]}) d order by 1`,
    );
    return rows.map(({ text }) => text);
  };
  const { rows } = await db.execute<{ n: number }>(sql`select count(*)::int as n from blob_refs`);
  return {
    stale: await differences("kept", "found"),
    missing: await differences("found", "kept"),
    kept: rows[0]?.n ?? 0,
  };
}
