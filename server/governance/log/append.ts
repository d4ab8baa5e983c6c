import { sql } from "drizzle-orm";
import { logCheckpoints, logLeaves, logNodes, publicKeys } from "@/db/schema";
import { logSigner } from "@/server/composition";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { appendLeaf, leafHash, signCheckpoint, treeRoot, type TreeNode } from "../trust";
import { loadPeaks, treeSize } from "./node-store";

const LOG_LOCK = 7_203_003;

/** Waits until this transaction is the only writer of the log; the lock is held until it ends. */
export async function lockLog(ctx: Ctx): Promise<void> {
  if (!ctx.trail.inTransaction) throw new Error("the log is written in a transaction");
  await ctx.db.execute(sql`select pg_advisory_xact_lock(${LOG_LOCK})`);
}

/**
 * Appends entries in order and signs one checkpoint over all of them, in the caller's transaction: it commits with what the
 * entries are about or leaves no trace. Call `lockLog` first.
 * @returns index of the first entry.
 */
export async function appendEntries(ctx: Ctx, entries: readonly Uint8Array[]): Promise<number> {
  const signer = await logSigner();
  const { db } = ctx;
  const first = await treeSize(db);
  const store = await loadPeaks(db, first);
  const created: TreeNode[] = [];
  const leaves = entries.map((entry, at) => ({ entry, hash: leafHash(entry), index: first + at }));
  for (const leaf of leaves) {
    const nodes = await appendLeaf(store, leaf.index, leaf.hash);
    store.put(nodes);
    created.push(...nodes);
  }
  const size = first + leaves.length;
  const rootHash = await treeRoot(store, size);
  const note = await signCheckpoint({ origin: env().logOrigin, size, rootHash }, signer);
  const createdAt = ctx.now();
  await db.insert(logLeaves).values(
    leaves.map(({ entry, hash, index }) => ({
      index,
      entry: Buffer.from(entry),
      leafHash: Buffer.from(hash),
      createdAt,
    })),
  );
  await db.insert(logNodes).values(created.map((node) => ({ ...node, hash: Buffer.from(node.hash) })));
  await db.insert(logCheckpoints).values({ size, rootHash: Buffer.from(rootHash), note, createdAt });
  await rememberKey(ctx, "log", signer);
  return first;
}

/** Keeps every public key that ever signed, with the time from which it did. */
export async function rememberKey(
  ctx: Ctx,
  purpose: "attestor" | "log",
  key: { keyId: string; algorithm: string; publicKeyPem: string },
): Promise<void> {
  await ctx.db
    .insert(publicKeys)
    .values({
      keyId: key.keyId,
      purpose,
      algorithm: key.algorithm,
      pem: key.publicKeyPem,
      validFrom: ctx.now(),
    })
    .onConflictDoNothing();
}
