import { and, eq, gte, inArray, lt, max, or, type SQL } from "drizzle-orm";
import type { Db } from "@/db/client";
import { logLeaves, logNodes } from "@/db/schema";
import { MemoryNodeStore, type NodeStore } from "../trust";

/** Reads one stored node at a time: what proofs need, about 2·log2(size) look-ups. */
export class DbNodeStore implements NodeStore {
  readonly #db: Db;
  readonly #seen = new Map<string, Uint8Array>();

  constructor(db: Db) {
    this.#db = db;
  }

  async getNode(level: number, index: number): Promise<Uint8Array | undefined> {
    const key = `${level}/${index}`;
    const known = this.#seen.get(key);
    if (known) return known;
    const [row] = await this.#db
      .select({ hash: logNodes.hash })
      .from(logNodes)
      .where(and(eq(logNodes.level, level), eq(logNodes.index, index)));
    if (!row) return undefined;
    const hash = new Uint8Array(row.hash);
    this.#seen.set(key, hash);
    return hash;
  }
}

/** The complete subtrees on the right edge of a tree of `size` leaves: one for each set bit of its size. */
export function peaksOf(size: number): { level: number; index: number }[] {
  const peaks: { level: number; index: number }[] = [];
  let from = 0;
  for (let level = 52; level >= 0; level -= 1) {
    const width = 2 ** level;
    if (from + width > size) continue;
    peaks.push({ level, index: from / width });
    from += width;
  }
  return peaks;
}

/** All that appending to a tree of `size` leaves reads, in one query. */
export async function loadPeaks(db: Db, size: number): Promise<MemoryNodeStore> {
  const store = new MemoryNodeStore();
  const peaks = peaksOf(size);
  if (peaks.length === 0) return store;
  const wanted: (SQL | undefined)[] = peaks.map(({ level, index }) =>
    and(eq(logNodes.level, level), eq(logNodes.index, index)),
  );
  const rows = await db
    .select()
    .from(logNodes)
    .where(or(...wanted));
  store.put(rows.map((row) => ({ level: row.level, index: row.index, hash: new Uint8Array(row.hash) })));
  return store;
}

/** A run of stored nodes of one level, for a tile. */
export async function loadNodeRange(
  db: Db,
  level: number,
  from: number,
  to: number,
): Promise<MemoryNodeStore> {
  const store = new MemoryNodeStore();
  const rows = await db
    .select()
    .from(logNodes)
    .where(and(inArray(logNodes.level, [level]), gte(logNodes.index, from), lt(logNodes.index, to)));
  store.put(rows.map((row) => ({ level: row.level, index: row.index, hash: new Uint8Array(row.hash) })));
  return store;
}

/** Number of leaves in the log. */
export async function treeSize(db: Db): Promise<number> {
  const [row] = await db.select({ last: max(logLeaves.index) }).from(logLeaves);
  return row?.last === null || row?.last === undefined ? 0 : row.last + 1;
}
