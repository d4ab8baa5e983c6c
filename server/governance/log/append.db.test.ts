import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logCheckpoints, logLeaves } from "@/db/schema";
import { logSigner } from "@/server/composition";
import { inTransaction } from "@/server/core/verb";
import { attest, type AttestInput } from "../attestations/attest";
import { createWorld, type World } from "../testing";
import {
  inclusionProof,
  leafHash,
  openCheckpoint,
  PREDICATE_TYPES,
  verifierKeyText,
  verifyInclusion,
} from "../trust";
import { DbNodeStore, treeSize } from "./node-store";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const vsa = (key: string): AttestInput<typeof PREDICATE_TYPES.verificationSummary> => ({
  subject: { kind: "thing", id: key, digest: `sha256:${randomBytes(32).toString("hex")}`, name: key },
  predicateType: PREDICATE_TYPES.verificationSummary,
  predicate: {
    verifier: { id: "https://modelworks.dev/portal" },
    timeVerified: "2026-01-02T03:04:05Z",
    resourceUri: `modelworks:thing/${key}`,
    policy: { uri: "modelworks:policy/contract" },
    verificationResult: "PASSED",
    verifiedLevels: [],
  },
  label: "summary",
  result: "PASSED",
  dedupKey: key,
});

async function assertWhole() {
  const leaves = await world.db.select().from(logLeaves).orderBy(logLeaves.index);
  expect(leaves.map((leaf) => leaf.index)).toEqual(leaves.map((_, at) => at));
  return leaves;
}

describe("the transparency log", () => {
  it("takes 200 concurrent attestations without a gap, with valid proofs while writing", async () => {
    const key = verifierKeyText("modelworks.local", (await logSigner()).rawPublicKey);
    let writing = true;
    const checked = (async () => {
      let proofs = 0;
      while (writing) {
        const size = await treeSize(world.db);
        if (size === 0) continue;
        const index = (proofs * 31) % size;
        const [leaf] = await world.db
          .select()
          .from(logLeaves)
          .where(sql`index = ${index}`);
        const [point] = await world.db
          .select()
          .from(logCheckpoints)
          .where(sql`size = ${size}`);
        const opened = openCheckpoint(point?.note ?? "", key);
        const proof = await inclusionProof(new DbNodeStore(world.db), index, size);
        expect(opened?.size).toBe(size);
        expect(
          verifyInclusion({
            leaf: leafHash(new Uint8Array(leaf?.entry ?? [])),
            index,
            size,
            proof,
            root: opened?.rootHash ?? new Uint8Array(),
          }),
        ).toBe(true);
        proofs += 1;
      }
      return proofs;
    })();
    const done = await Promise.all(
      Array.from({ length: 200 }, (_, at) => attest(world.system(), vsa(`concurrent-${at}`))),
    );
    writing = false;
    expect(await checked).toBeGreaterThan(5);
    expect(done.map((one) => one.leafIndex).toSorted((a, b) => a - b)).toEqual(done.map((_, at) => at));
    await assertWhole();
  });

  it("gives the earlier attestation for the same key, also in a race", async () => {
    const before = await treeSize(world.db);
    const done = await Promise.all([1, 2, 3].map(() => attest(world.system(), vsa("same"))));
    expect(new Set(done.map((one) => one.attestationId)).size).toBe(1);
    expect(await treeSize(world.db)).toBe(before + 1);
  });

  it("leaves no hole when the writer dies in the middle", async () => {
    const before = await treeSize(world.db);
    await expect(
      inTransaction(world.system(), async (tx) => {
        await attest(tx, vsa("lost"));
        const pid = await tx.db.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
        await world.db.execute(sql`select pg_terminate_backend(${pid.rows[0]?.pid})`);
        await tx.db.execute(sql`select 1`);
      }),
    ).rejects.toThrow();
    expect(await treeSize(world.db)).toBe(before);
    const { leafIndex } = await attest(world.system(), vsa("after"));
    expect(leafIndex).toBe(before);
    await assertWhole();
  });

  it("refuses a leaf that skips an index, and any change", async () => {
    const size = await treeSize(world.db);
    const values = { entry: Buffer.from("x"), leafHash: Buffer.alloc(32) };
    await expect(world.db.insert(logLeaves).values({ index: size + 1, ...values })).rejects.toThrow();
    await expect(world.db.execute(sql`update log_nodes set hash = '\\x00'`)).rejects.toThrow();
    await expect(world.db.execute(sql`delete from log_checkpoints`)).rejects.toThrow();
  });
});
