import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { createCtx } from "@/server/core/context";
import { inTransaction } from "@/server/core/verb";
import { GENESIS, rowHash } from "./audit-chain";
import { sealAudit } from "./seal-audit";
import { verifyAudit } from "./verify-audit";

const platform: Actor = {
  kind: "user",
  userId: "usr_platform",
  name: "Peggy",
  teamId: "team_seal",
  teamSlug: "seal",
  role: "admin",
  isPlatformAdmin: true,
};

let database: TestDatabase;
let owner: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase({ max: 12 });
  owner = new pg.Client({ connectionString: database.ownerUrl });
  owner.on("error", () => undefined);
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await database.close();
});

const ctxOf = () => createCtx({ actor: systemActor("team_seal"), db: database.db });
const entry = (id: string) => ({ action: "test.thing.do", subject: { kind: "thing", id } });
const write = (id: string) => audit(ctxOf(), entry(id));
const verify = () => verifyAudit.execute({ actor: platform, db: database.db }, {});

interface Row {
  seq: number | null;
  position: number;
  subject_id: string;
  payload: string;
  prev_hash: string | null;
  hash: string | null;
}
async function rowsOf(where = "true"): Promise<Row[]> {
  const { rows } = await owner.query<Row>(
    `select seq::int, position::int, subject_id, payload, prev_hash, hash from audit_log where ${where} order by seq, position`,
  );
  return rows;
}

/** The chain as an outsider computes it from the payloads alone. */
async function expectOneChain(ids: readonly string[]): Promise<void> {
  const rows = await rowsOf();
  expect(rows.map((row) => row.subject_id).toSorted()).toEqual(ids.toSorted());
  let previous = GENESIS;
  for (const [index, row] of rows.entries()) {
    expect(row).toMatchObject({ seq: index + 1, prev_hash: previous });
    previous = rowHash(previous, index + 1, row.payload);
    expect(row.hash).toBe(previous);
  }
}

/** A transaction that stays open after it has written its row, until told how to end. */
function held(id: string) {
  let end: (how: "commit" | "rollback") => void = () => {};
  const ending = new Promise<"commit" | "rollback">((resolve) => (end = resolve));
  let wrote: () => void = () => {};
  const written = new Promise<void>((resolve) => (wrote = resolve));
  const done = inTransaction(ctxOf(), async (ctx) => {
    await audit(ctx, entry(id));
    wrote();
    if ((await ending) === "rollback") throw new Error("rolled back");
  }).catch((error: unknown) => {
    if (!(error instanceof Error && error.message === "rolled back")) throw error;
  });
  return {
    written,
    end: async (how: "commit" | "rollback") => {
      end(how);
      await done;
    },
  };
}

/** A small generator of its own, so that a failure can be repeated by its seed. */
function randomOf(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const emptied = async () => {
  await owner.query("set session_replication_role = replica");
  await owner.query("delete from audit_log");
  await owner.query("set session_replication_role = origin");
};

describe("writing and sealing", () => {
  beforeAll(emptied);

  it("lets one transaction commit while another holds an audit row, and seals the late one later", async () => {
    const slow = held("slow");
    await slow.written;
    // Under one lock of the installation this would wait for the transaction above, which waits for this.
    await write("quick");
    expect(await sealAudit(database.db)).toBe(1);
    expect(await rowsOf()).toMatchObject([{ subject_id: "quick", seq: 1 }]);
    await slow.end("commit");
    expect(await rowsOf("seq is null")).toMatchObject([{ subject_id: "slow", hash: null }]);
    expect(await sealAudit(database.db)).toBe(1);
    await expectOneChain(["quick", "slow"]);
    expect(await verify()).toMatchObject({ ok: true, checked: 2, waiting: { rows: 0 } });
  });

  it.each([1, 2, 3, 4, 5, 6])(
    "makes one chain of every committed row and of no other, however they interleave (seed %i)",
    async (seed) => {
      await emptied();
      const random = randomOf(seed);
      const open: { id: string; after: string[]; transaction: ReturnType<typeof held> }[] = [];
      const committed: string[] = [];
      const after = new Map<string, string[]>();
      for (let step = 0; step < 60; step += 1) {
        const what = random(4);
        if (what === 0 && open.length < 8) {
          const id = `row-${step}`;
          const transaction = held(id);
          after.set(id, [...committed]);
          await transaction.written;
          open.push({ id, after: [...committed], transaction });
        } else if (what === 1 && open.length > 0) {
          const [one] = open.splice(random(open.length), 1);
          const how = random(3) === 0 ? "rollback" : "commit";
          await one?.transaction.end(how);
          if (one && how === "commit") committed.push(one.id);
        } else if (what === 2) await sealAudit(database.db);
        else {
          const id = `row-${step}`;
          after.set(id, [...committed]);
          await write(id);
          committed.push(id);
        }
      }
      for (const { id, transaction } of open) {
        await transaction.end("commit");
        committed.push(id);
      }
      await Promise.all([sealAudit(database.db), sealAudit(database.db)]);
      await sealAudit(database.db);
      await expectOneChain(committed);
      // What was written after another's commit stands after it.
      const place = new Map((await rowsOf()).map((row) => [row.subject_id, row.seq ?? 0]));
      for (const id of committed)
        for (const earlier of after.get(id) ?? [])
          expect(place.get(earlier)).toBeLessThan(place.get(id) ?? 0);
      expect(await verify()).toMatchObject({ ok: true, checked: committed.length });
    },
  );

  it("makes one chain while many write and several seal at once", async () => {
    await emptied();
    const ids = Array.from({ length: 300 }, (_, number) => `busy-${number}`);
    let writing = true;
    const sealers = [1, 2, 3].map(async () => {
      while (writing) await sealAudit(database.db);
    });
    const left = [...ids];
    const writers = [1, 2, 3, 4, 5].map(async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) await write(id);
    });
    await Promise.all(writers);
    writing = false;
    await Promise.all(sealers);
    await sealAudit(database.db);
    await expectOneChain(ids);
  });

  it("seals more than a batch", async () => {
    await emptied();
    await owner.query(`insert into audit_log (at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, payload)
      select now(), 'user', 'usr', 'U', 'a', 'thing', 'many-' || n, '{}' from generate_series(1, 1203) n`);
    expect(await sealAudit(database.db)).toBe(1_203);
    await expectOneChain(Array.from({ length: 1_203 }, (_, index) => `many-${index + 1}`));
  });

  it("leaves nothing half done when a sealer dies in the middle, and holds up nobody while it is at it", async () => {
    await emptied();
    for (const id of ["a", "b", "c", "d"]) await write(id);
    const sealer = new pg.Client({ connectionString: database.url });
    sealer.on("error", () => undefined);
    await sealer.connect();
    const { rows } = await sealer.query<{ pid: number }>("select pg_backend_pid() as pid");
    await sealer.query("begin");
    expect((await sealer.query("select modelworks_seal_audit(2) as sealed")).rows).toEqual([{ sealed: 2 }]);
    expect(await sealAudit(database.db)).toBe(0);
    await write("e");
    await owner.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await waitFor(async () => {
      const alive = await owner.query("select 1 from pg_stat_activity where pid = $1", [rows[0]?.pid]);
      return alive.rowCount === 0;
    });
    expect(await rowsOf("seq is not null")).toEqual([]);
    expect(await sealAudit(database.db)).toBe(5);
    await expectOneChain(["a", "b", "c", "d", "e"]);
  });
});

describe("a row that waits", () => {
  const REFUSED = /append-only|permission denied|positions itself|cannot insert/;
  const COLUMNS = "at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, payload";
  const VALUES = "now(), 'user', 'usr', 'U', 'a', 'thing', 'forged', '{}'";
  let app: pg.Client;
  beforeAll(async () => {
    await emptied();
    await write("sealed");
    await sealAudit(database.db);
    await write("waits");
    app = new pg.Client({ connectionString: database.url });
    await app.connect();
  });
  afterAll(() => app.end());

  it.each([
    "update audit_log set payload = '{}' where seq is null",
    "update audit_log set actor_name = 'Eve' where seq is null",
    "update audit_log set seq = 2, prev_hash = repeat('0', 64), hash = repeat('1', 64) where seq is null",
    "update audit_log set seq = 3, prev_hash = '', hash = '' where seq is null",
    "update audit_log set seq = null, prev_hash = null, hash = null where seq = 1",
    "delete from audit_log where seq is null",
    "truncate audit_log",
  ])("is kept from the role that serves, and by triggers from the owner: %s", async (statement) => {
    const before = await rowsOf();
    await expect(app.query(statement)).rejects.toThrow(REFUSED);
    await expect(owner.query(statement)).rejects.toThrow(REFUSED);
    expect(await rowsOf()).toEqual(before);
  });

  it("may become the next link by the owner's hand, and nothing but that", async () => {
    const [sealed] = await rowsOf("seq = 1");
    const [waits] = await rowsOf("seq is null");
    const previous = sealed?.hash ?? "";
    const hash = rowHash(previous, 2, waits?.payload ?? "");
    const set = "update audit_log set seq = $1, prev_hash = $2, hash = $3";
    await expect(
      owner.query(`${set}, actor_name = 'Eve' where seq is null`, [2, previous, hash]),
    ).rejects.toThrow(REFUSED);
    const third = rowHash(previous, 3, waits?.payload ?? "");
    await expect(owner.query(`${set} where seq is null`, [3, previous, third])).rejects.toThrow(REFUSED);
    await owner.query("begin");
    await owner.query(`${set} where seq is null`, [2, previous, hash]);
    await owner.query("rollback");
  });

  it("cannot be written as if it were sealed, or in another's place", async () => {
    await app.query("begin");
    await app.query(
      `insert into audit_log (${COLUMNS}, seq, prev_hash, hash) values (${VALUES}, 2, repeat('0', 64), repeat('0', 64))`,
    );
    const { rows } = await app.query("select seq, hash from audit_log where subject_id = 'forged'");
    expect(rows).toEqual([{ seq: null, hash: null }]);
    await app.query("rollback");
    await expect(
      app.query(`insert into audit_log (${COLUMNS}, position) values (${VALUES}, 1000)`),
    ).rejects.toThrow(REFUSED);
    await expect(
      app.query(
        `insert into audit_log (${COLUMNS}, position) overriding system value values (${VALUES}, 1000)`,
      ),
    ).rejects.toThrow(REFUSED);
  });
});
