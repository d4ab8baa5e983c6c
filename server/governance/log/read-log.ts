import { and, asc, desc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import { z } from "zod";
import { attestations, logCheckpoints, logLeaves } from "@/db/schema";
import type { Db } from "@/db/client";
import { logSigner } from "@/server/composition";
import { env } from "@/server/core/env";
import { invalidField, notFound } from "@/server/core/errors";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { NoInput, query } from "@/server/core/verb";
import { ConsistencyInput, LogEntriesInput } from "../schemas";
import {
  buildTrustedRoot,
  consistencyProof,
  encodeEntryBundle,
  encodeTile,
  inclusionProof,
  loggedDigest,
  openCheckpointBy,
  parseTilePath,
  signCheckpoint,
  TILE_WIDTH,
  tileExists,
  toBase64,
  toHex,
  treeRoot,
  verifyConsistency,
  fromBase64,
} from "../trust";
import { everyLogVerifierKey, logKeyWindows, logVerifierKey, logVerifierKeys, publishedKeys } from "./keys";
import { DbNodeStore, loadNodeRange, treeSize } from "./node-store";

const READ = "governance.log.read" as const;

export interface CheckpointView {
  origin: string;
  size: number;
  /** Lower-case hex. */
  rootHash: string;
  /** The signed note, as outsiders read it. */
  note: string;
  createdAt: Date;
}

/**
 * The newest checkpoint; undefined while the log is empty. After the log's key was rotated, and until something is added, the stored one
 * is signed by the former key: the same tree is signed again, so that outsiders need the new key alone.
 */
export async function latestCheckpoint(db: Db): Promise<CheckpointView | undefined> {
  const [row] = await db.select().from(logCheckpoints).orderBy(desc(logCheckpoints.size)).limit(1);
  if (!row) return undefined;
  const stored = {
    origin: row.note.split("\n", 1)[0] ?? "",
    size: row.size,
    rootHash: toHex(row.rootHash),
    note: row.note,
    createdAt: row.createdAt,
  };
  const [current = "", ...former] = await everyLogVerifierKey();
  if (former.length === 0 || openCheckpointBy(row.note, [current])) return stored;
  const opened = openCheckpointBy(row.note, former);
  return opened ? { ...stored, note: await signCheckpoint(opened, await logSigner()) } : stored;
}

export const getCheckpoint = query(
  {
    name: "governance.log.checkpoint",
    permission: READ,
    input: NoInput,
    summary: "The transparency log's newest signed checkpoint",
  },
  async ({ ctx }) => ({
    checkpoint: (await latestCheckpoint(ctx.db)) ?? null,
    origin: env().logOrigin,
    verifierKey: await logVerifierKey(),
    keys: await publishedKeys(ctx.db),
  }),
);

export const listLogEntries = query(
  {
    name: "governance.log.list",
    permission: "governance.attestation.read",
    input: LogEntriesInput,
    summary: "Entries of the transparency log, newest first; what they attest where your team may see it",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, z.tuple([z.number()]));
    const rows = await ctx.db
      .select()
      .from(logLeaves)
      .where(after ? lt(logLeaves.index, after[0]) : undefined)
      .orderBy(desc(logLeaves.index))
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, (row) => [row.index]);
    const indices = page.items.map((row) => row.index);
    const own =
      indices.length === 0
        ? []
        : await ctx.db
            .select({
              leafIndex: attestations.leafIndex,
              id: attestations.id,
              label: attestations.label,
              result: attestations.result,
              subjectKind: attestations.subjectKind,
              subjectId: attestations.subjectId,
              /** As the statement names it, e.g. "diabetes-progression v3". */
              subjectName: sql<string | null>`${attestations.statement} #>> '{subject,0,name}'`,
              predicateType: attestations.predicateType,
            })
            .from(attestations)
            .where(and(eq(attestations.teamId, ctx.actor.teamId), inArray(attestations.leafIndex, indices)));
    const byIndex = new Map(own.map((row) => [row.leafIndex, row]));
    return {
      nextCursor: page.nextCursor,
      items: page.items.map((row) => ({
        index: row.index,
        leafHash: toHex(row.leafHash),
        /** Hex SHA-256 of the signed bytes. */
        digest: toHex(fromBase64(loggedDigest(new Uint8Array(row.entry)) ?? "") ?? new Uint8Array()),
        createdAt: row.createdAt,
        attestation: byIndex.get(row.index) ?? null,
      })),
    };
  },
);
export type LogEntryView = Awaited<ReturnType<typeof listLogEntries.execute>>["items"][number];

export const getConsistency = query(
  {
    name: "governance.log.consistency",
    permission: READ,
    input: ConsistencyInput,
    summary: "Proof that the log only grew between two sizes",
  },
  async ({ ctx, input }) => {
    const size = await treeSize(ctx.db);
    if (input.to > size) throw invalidField("to", `the log has ${size} entries`);
    if (input.from > input.to) throw invalidField("from", "must not be larger than the other size");
    const store = new DbNodeStore(ctx.db);
    const proof = await consistencyProof(store, input.from, input.to);
    const oldRoot = await treeRoot(store, input.from);
    const root = await treeRoot(store, input.to);
    const consistent = verifyConsistency({ oldSize: input.from, oldRoot, size: input.to, root, proof });
    return {
      from: { size: input.from, rootHash: toHex(oldRoot) },
      to: { size: input.to, rootHash: toHex(root) },
      proof: proof.map(toHex),
      consistent,
    };
  },
);

/** Audit path of one entry in the newest tree, with the checkpoint that signs it. @throws AppError `not_found` */
export async function proveInclusion(db: Db, index: number) {
  const checkpoint = await latestCheckpoint(db);
  if (!checkpoint || index >= checkpoint.size) throw notFound("log entry", index);
  const proof = await inclusionProof(new DbNodeStore(db), index, checkpoint.size);
  return { index, size: checkpoint.size, rootHash: checkpoint.rootHash, proof, checkpoint: checkpoint.note };
}

export const getTile = query(
  {
    name: "governance.log.tile",
    permission: READ,
    input: z.object({ path: z.string().max(200) }),
    summary: "A tile of the transparency log, as C2SP tlog-tiles names it",
  },
  async ({ ctx, input }) => {
    const tile = parseTilePath(input.path);
    const size = await treeSize(ctx.db);
    const missing = () => notFound("log tile", input.path);
    if (!tile) throw missing();
    const { level, index, width } = tile;
    if (!tileExists({ level: level === "entries" ? 0 : level, index, width }, size)) throw missing();
    const from = index * TILE_WIDTH;
    if (level !== "entries") {
      const store = await loadNodeRange(ctx.db, level * 8, from, from + width);
      return { bytes: await encodeTile(store, { level, index, width }) };
    }
    const rows = await ctx.db
      .select({ entry: logLeaves.entry })
      .from(logLeaves)
      .where(and(gte(logLeaves.index, from), lt(logLeaves.index, from + width)))
      .orderBy(asc(logLeaves.index));
    return { bytes: encodeEntryBundle(rows.map((row) => new Uint8Array(row.entry))) };
  },
);

export const getLogKeys = query(
  {
    name: "governance.log.keys",
    permission: READ,
    input: NoInput,
    summary:
      "Public keys of attestor and log with their times, the verifier keys and the Sigstore trusted root",
  },
  async ({ ctx }) => {
    const keys = await publishedKeys(ctx.db);
    return {
      origin: env().logOrigin,
      verifierKey: await logVerifierKey(),
      verifierKeys: await logVerifierKeys(),
      keys,
      trustedRoot: buildTrustedRoot(env().logOrigin, logKeyWindows(keys)),
      logKeyHash: toBase64((await logSigner()).rawPublicKey),
    };
  },
);
