import { and, asc, gte, lt } from "drizzle-orm";
import { z } from "zod";
import { attestations, logCheckpoints, logLeaves, logNodes, publicKeys } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { invalidField } from "@/server/core/errors";
import { query } from "@/server/core/verb";
import {
  appendLeaf,
  DsseEnvelope,
  IN_TOTO_PAYLOAD_TYPE,
  leafHash,
  logEntryFor,
  MemoryNodeStore,
  openCheckpointBy,
  toHex,
  treeRoot,
  verifyEnvelope,
} from "../trust";
import { treeSize } from "./node-store";
import { everyLogVerifierKey } from "./keys";

const BATCH = 1_000;

export interface LogVerdict {
  ok: boolean;
  /** Entries whose hash, place in the tree and attestation were recomputed. */
  checked: number;
  size: number;
  rootHash: string;
  durationMs: number;
  problems: string[];
}

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined) =>
  a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;

interface Progress {
  store: MemoryNodeStore;
  size: number;
  problems: string[];
  keys: Map<string, string>;
  /** Of the log's key and all it had. */
  verifierKeys: readonly string[];
}

const MAX_PROBLEMS = 20;
const tell = (progress: Progress, problem: string) => {
  if (progress.problems.length < MAX_PROBLEMS) progress.problems.push(problem);
};

/** What the entry at an index must be, rebuilt from the attestation that claims the place. */
function entryOf(row: typeof attestations.$inferSelect, progress: Progress): Uint8Array | undefined {
  const pem = progress.keys.get(row.keyId);
  const envelope = DsseEnvelope.safeParse(row.envelope);
  if (pem === undefined || !envelope.success) return undefined;
  const verified = verifyEnvelope(envelope.data, {
    publicKeysPem: [pem],
    acceptedPayloadTypes: [IN_TOTO_PAYLOAD_TYPE],
  });
  return verified.ok ? logEntryFor(envelope.data, pem) : undefined;
}

async function checkBatch(ctx: Ctx, progress: Progress, from: number): Promise<number> {
  const range = <C extends typeof logLeaves.index | typeof attestations.leafIndex>(column: C) =>
    and(gte(column, from), lt(column, from + BATCH));
  const leaves = await ctx.db
    .select()
    .from(logLeaves)
    .where(range(logLeaves.index))
    .orderBy(asc(logLeaves.index));
  const claimed = await ctx.db.select().from(attestations).where(range(attestations.leafIndex));
  const byIndex = new Map(claimed.map((row) => [row.leafIndex, row]));
  const points = await ctx.db
    .select()
    .from(logCheckpoints)
    .where(and(gte(logCheckpoints.size, from + 1), lt(logCheckpoints.size, from + BATCH + 1)));
  const bySize = new Map(points.map((row) => [row.size, row]));
  for (const leaf of leaves) {
    if (leaf.index !== progress.size) {
      tell(progress, `Entry ${progress.size} is missing.`);
      return -1;
    }
    const hash = leafHash(new Uint8Array(leaf.entry));
    if (!same(hash, leaf.leafHash)) tell(progress, `Entry ${leaf.index} was changed.`);
    const attestation = byIndex.get(leaf.index);
    if (!attestation) tell(progress, `The attestation of entry ${leaf.index} is missing.`);
    else if (!same(entryOf(attestation, progress), leaf.entry))
      tell(progress, `The attestation does not match entry ${leaf.index}.`);
    progress.store.put(await appendLeaf(progress.store, leaf.index, hash));
    progress.size += 1;
    await checkPoint(progress, bySize.get(progress.size));
  }
  return leaves.length;
}

async function checkPoint(
  progress: Progress,
  row: typeof logCheckpoints.$inferSelect | undefined,
): Promise<void> {
  if (!row) return;
  const opened = openCheckpointBy(row.note, progress.verifierKeys);
  const root = await treeRoot(progress.store, progress.size);
  if (!opened) tell(progress, `The checkpoint of size ${row.size} is not signed by the log.`);
  else if (opened.size !== row.size || !same(opened.rootHash, root) || !same(row.rootHash, root))
    tell(progress, `The checkpoint of size ${row.size} signs another tree.`);
}

async function checkNodes(ctx: Ctx, progress: Progress): Promise<void> {
  for (let level = 0; 2 ** level <= progress.size; level += 1) {
    const count = Math.floor(progress.size / 2 ** level);
    for (let from = 0; from < count; from += BATCH * 10) {
      const rows = await ctx.db
        .select()
        .from(logNodes)
        .where(and(gte(logNodes.level, level), lt(logNodes.level, level + 1), gte(logNodes.index, from)))
        .orderBy(asc(logNodes.index))
        .limit(BATCH * 10);
      const stored = new Map(rows.map((row) => [row.index, row.hash]));
      for (let index = from; index < Math.min(count, from + BATCH * 10); index += 1) {
        if (same(stored.get(index), await progress.store.getNode(level, index))) continue;
        tell(progress, `Node ${level}/${index} was changed or is missing.`);
      }
    }
  }
}

async function checkKept(progress: Progress, kept: string): Promise<void> {
  const opened = openCheckpointBy(kept.endsWith("\n") ? kept : `${kept}\n`, progress.verifierKeys);
  if (!opened) throw invalidField("checkpoint", "is not a checkpoint that this log signed");
  if (opened.size > progress.size) {
    tell(
      progress,
      `The kept checkpoint has ${opened.size} entries, the log only ${progress.size}: it was cut.`,
    );
    return;
  }
  const root = await treeRoot(progress.store, opened.size);
  if (!same(root, opened.rootHash))
    tell(progress, `The kept checkpoint of size ${opened.size} signs another tree: history was rewritten.`);
}

/**
 * Recomputes the whole log from its raw entries: every leaf, node, checkpoint and attestation. With a checkpoint that someone kept
 * outside, also that nothing before it was rewritten or cut, which a database alone cannot prove.
 */
export const verifyLog = query(
  {
    name: "governance.log.verify",
    permission: "governance.attestation.read",
    input: z.object({ checkpoint: z.string().max(4_000).optional() }),
    summary: "Recompute the whole transparency log, and compare it with a checkpoint kept outside",
  },
  async ({ ctx, input }): Promise<LogVerdict> => {
    const started = performance.now();
    const keys = await ctx.db.select().from(publicKeys);
    const progress: Progress = {
      store: new MemoryNodeStore(),
      size: 0,
      problems: [],
      keys: new Map(keys.map((key) => [key.keyId, key.pem])),
      verifierKeys: await everyLogVerifierKey(),
    };
    const end = await treeSize(ctx.db);
    while (progress.size < end) {
      const read = await checkBatch(ctx, progress, progress.size);
      if (read <= 0) break;
    }
    await checkNodes(ctx, progress);
    if (input.checkpoint) await checkKept(progress, input.checkpoint);
    return {
      ok: progress.problems.length === 0,
      checked: progress.size,
      size: end,
      rootHash: toHex(await treeRoot(progress.store, progress.size)),
      durationMs: Math.round(performance.now() - started),
      problems: progress.problems,
    };
  },
);
