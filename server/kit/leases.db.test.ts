import { spawn } from "node:child_process";
import { once } from "node:events";
import os from "node:os";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { lineageEdges, processes, tickLeases } from "@/db/schema";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { transaction } from "@/server/core/tell";
import { Leases, type Lease } from "./leases";

const NAMES = ["test.one", "test.two"];
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.delete(tickLeases);
  await database.db.delete(processes);
  for (const id of ["proc_a", "proc_b"]) await announce(id, process.pid);
});

async function announce(id: string, pid: number, host = os.hostname()): Promise<void> {
  await database.db.insert(processes).values({
    id,
    kind: "worker",
    host,
    pid,
    version: "0",
    startedAt: new Date(),
    seenAt: new Date(),
  });
}
const leasesOf = (holder: string, ttlMs?: number) => new Leases(database.db, holder, ttlMs);
const expire = () => database.db.update(tickLeases).set({ expiresAt: sql`now()` });
const leaseOf = (leases: Leases, name = "test.one"): Lease => leases.of(name) ?? expect.fail("no lease");
const sessionsInTransaction = async () =>
  (
    await database.db.execute<{ n: number }>(
      sql`select count(*)::int as n from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
    )
  ).rows[0]?.n;

it("gives a name to one holder, who keeps it by renewing it, with no transaction open", async () => {
  const [a, b] = [leasesOf("proc_a"), leasesOf("proc_b")];
  await Promise.all([a.look(NAMES), b.look(NAMES)]);
  for (const name of NAMES) expect([a, b].filter((each) => each.of(name) !== undefined)).toHaveLength(1);
  const [holder, other] = a.of("test.one") ? [a, b] : [b, a];
  const before = leaseOf(holder);
  await holder.look(NAMES);
  await other.look(NAMES);
  expect(leaseOf(holder)).toBe(before);
  expect(other.of("test.one")).toBeUndefined();
  expect(await sessionsInTransaction()).toBe(0);
});

it("passes on under a higher token when its holder was paused past it, and fences what that one still writes", async () => {
  const [a, b] = [leasesOf("proc_a"), leasesOf("proc_b")];
  await a.look(NAMES);
  const paused = leaseOf(a);
  await expire();
  await b.look(NAMES);
  const next = leaseOf(b);
  expect(next.token).toBe(paused.token + 1);
  const write = (lease: Lease, label: string) =>
    transaction(database.db, async (tx) => {
      await lease.fence(tx);
      await tx.insert(lineageEdges).values({
        teamId: "team",
        fromKind: "t",
        fromId: label,
        toKind: "t",
        toId: "x",
        relation: "r",
      });
    });
  await expect(write(paused, "late")).rejects.toThrow("Another worker does this by now.");
  await write(next, "in time");
  const written = await database.db.select().from(lineageEdges).where(eq(lineageEdges.toId, "x"));
  expect(written.map((row) => row.fromId)).toEqual(["in time"]);
  // It learns of it at its next look, and does not take the name back.
  expect(paused.signal.aborted).toBe(false);
  await a.look(NAMES);
  expect(paused.signal.aborted).toBe(true);
  expect(a.of("test.one")).toBeUndefined();
  expect(leaseOf(b).token).toBe(next.token);
});

it("ends by the holder's own clock when the database cannot be asked", async () => {
  const a = leasesOf("proc_a", 300);
  await a.look(NAMES);
  const lease = leaseOf(a);
  await waitFor(() => a.of("test.one") === undefined || undefined, { what: "the end of the lease" });
  expect(lease.signal.aborted).toBe(true);
});

it("cannot pass on while a fenced write is under way", async () => {
  const [a, b] = [leasesOf("proc_a"), leasesOf("proc_b")];
  await a.look(NAMES);
  const order: string[] = [];
  let finish = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let begun = () => {};
  const isFenced = new Promise<void>((resolve) => (begun = resolve));
  const writing = transaction(database.db, async (tx) => {
    await leaseOf(a).fence(tx);
    begun();
    await finished;
  }).then(() => order.push("written"));
  await isFenced;
  const taking = expire()
    .then(() => b.look(NAMES))
    .then(() => order.push("taken"));
  await waitFor(
    async () =>
      (
        await database.db.execute(
          sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
      ).rows.length > 0,
    { what: "the other to wait" },
  );
  finish();
  await Promise.all([writing, taking]);
  expect(order).toEqual(["written", "taken"]);
});

it("is taken at once from a holder whose process has ended, or that said goodbye", async () => {
  const child = spawn(process.execPath, ["-e", "0"]);
  await once(child, "exit");
  await announce("proc_dead", child.pid ?? 0);
  await leasesOf("proc_dead").look(NAMES);
  const b = leasesOf("proc_b");
  await b.look(NAMES);
  expect(leaseOf(b).token).toBe(2);

  await b.release();
  expect(b.of("test.one")).toBeUndefined();
  const a = leasesOf("proc_a");
  await a.look(NAMES);
  expect(leaseOf(a).token).toBe(3);

  await database.db.delete(processes).where(eq(processes.id, "proc_a"));
  await b.look(NAMES);
  expect(leaseOf(b).token).toBe(4);
});

it("is not taken from a holder on another machine, whose process cannot be looked at", async () => {
  await announce("proc_far", 2 ** 22 + 1, "elsewhere");
  await leasesOf("proc_far").look(NAMES);
  const b = leasesOf("proc_b");
  await b.look(NAMES);
  expect(b.of("test.one")).toBeUndefined();
});
