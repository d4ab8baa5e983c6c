import { z } from "zod";
import { invalidField } from "./errors";

export const PageInput = z.object({
  cursor: z.string().max(500).nullish(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Keyset cursors are opaque to callers: base64url JSON of the last row's sort key. */
export const encodeCursor = (key: readonly (string | number | null)[]): string =>
  Buffer.from(JSON.stringify(key)).toString("base64url");

/** @throws AppError `invalid` when the cursor is not one of ours. */
export function decodeCursor<T extends z.ZodType>(
  cursor: string | null | undefined,
  schema: T,
): z.output<T> | undefined {
  if (!cursor) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    throw invalidField("cursor", "is not a cursor of this list", "Start again without a cursor.");
  }
}

/** Cuts a result fetched with `limit + 1` rows into a page. */
export function toPage<T>(
  rows: T[],
  limit: number,
  keyOf: (row: T) => readonly (string | number)[],
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(keyOf(last)) : null };
}
