import { createHash } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { setAsideRecords } from "@/db/schema";
import { storableText } from "./storable";
import { firstCharacters } from "@/server/core/characters";

/** The spool's own bound is half of this; a record of another making is cut here and can then be read, not retried. */
const MAX_BYTES = 1024 * 1024;
const MAX_ERROR = 1_000;

const Named = z.object({
  id: z.string().max(100).catch(""),
  teamId: z.string().max(100).catch(""),
  deploymentId: z.string().max(100).catch(""),
});

/** The innermost cause says what the database refused; the wrapper repeats the statement and its values. */
function reasonOf(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  const text = current instanceof Error ? current.message : String(current);
  return storableText(firstCharacters(text, MAX_ERROR));
}

/** Keeps a record that could not be stored, as bytes: nothing in it can be refused again. */
export async function setRecordAside(db: Db, record: unknown, error: unknown, tries: number): Promise<void> {
  const whole = Buffer.isBuffer(record) ? record : Buffer.from(JSON.stringify(record) ?? "null", "utf8");
  const bytes = whole.subarray(0, MAX_BYTES);
  const named = Named.safeParse(record).data;
  const text = (value: string | undefined) => (value ? storableText(value) : null);
  await db
    .insert(setAsideRecords)
    .values({
      id: `sha256:${createHash("sha256").update(whole).digest("hex")}`,
      predictionId: text(named?.id),
      teamId: text(named?.teamId),
      deploymentId: text(named?.deploymentId),
      record: bytes,
      error: reasonOf(error),
      tries,
    })
    .onConflictDoUpdate({
      target: setAsideRecords.id,
      set: {
        state: "waiting",
        error: reasonOf(error),
        tries: sql`${setAsideRecords.tries} + ${tries}`,
        triedAt: sql`now()`,
      },
    });
}

/** Records that wait for an administrator. */
export const countSetAside = (db: Db): Promise<number> =>
  db.$count(setAsideRecords, eq(setAsideRecords.state, "waiting"));
