import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { teams } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import type { Actor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { createCtx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { exportAudit } from "./export-audit";
import { listAudit } from "./list-audit";
import { sealAudit } from "./seal-audit";
import { verifyAudit } from "./verify-audit";

let database: TestDatabase;
let risk: Actor;
let growth: Actor;
let platform: Actor;

/** Whose row each one is, in the order of the log. */
const ORDER = ["risk", "growth", "growth", "risk", "growth", "risk", "growth", "growth"] as const;

beforeAll(async () => {
  database = await createTestDatabase();
  const admin = async (slug: string, isPlatformAdmin = false): Promise<Actor> => {
    const teamId = newId("team");
    await database.db.insert(teams).values({ id: teamId, slug, name: slug });
    return {
      kind: "user",
      userId: newId("user"),
      name: slug,
      teamId,
      teamSlug: slug,
      role: "admin",
      isPlatformAdmin,
    };
  };
  risk = await admin("risk");
  growth = await admin("growth");
  platform = await admin("platform", true);
  for (const slug of ORDER) {
    const ctx = createCtx(caller(slug === "risk" ? risk : growth));
    await audit(ctx, {
      action: "datasets.dataset.create",
      subject: { kind: "dataset", id: newId("dataset") },
    });
  }
  await sealAudit(database.db);
});
afterAll(() => database.close());

const caller = (actor: Actor) => ({ actor, db: database.db });
const verify = (actor: Actor, input = {}) => verifyAudit.execute(caller(actor), input);

/** What a superuser of the database does to the log, looked at and taken back. */
async function tampered<T>(statement: string, look: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  const changed = async (sql: string) => {
    await client.query("set session_replication_role = replica");
    await client.query(sql);
  };
  try {
    await client.query("create table kept as select * from audit_log");
    await changed(statement);
    return await look();
  } finally {
    await changed(
      "delete from audit_log; insert into audit_log overriding system value select * from kept; drop table kept",
    );
    await client.end();
  }
}

describe("what a team learns of the audit chain", () => {
  it("counts its own rows; a platform administrator counts all", async () => {
    expect(await verify(risk)).toMatchObject({ ok: true, checked: 3 });
    expect(await verify(growth)).toMatchObject({ ok: true, checked: 5 });
    expect(await verify(platform)).toMatchObject({ ok: true, checked: 8 });
  });

  it("stays the same while other teams work, head and all", async () => {
    const before = await verify(risk);
    const ctx = createCtx(caller(growth));
    await audit(ctx, { action: "datasets.dataset.delete", subject: { kind: "dataset", id: "x" } });
    await sealAudit(database.db);
    const { durationMs: _, ...after } = await verify(risk);
    expect(before).toMatchObject(after);
    expect((await verify(platform)).head).not.toBe(before.head);
  });

  it("has no numbers of the whole log in its list and its export", async () => {
    const own = await listAudit.execute(caller(risk), {});
    expect(own.items.map((row) => row.seq)).toEqual([null, null, null]);
    const { batches } = await exportAudit.execute(caller(risk), {});
    const exported: unknown[] = [];
    for await (const batch of batches) exported.push(...batch.map((row) => row.seq));
    expect(exported).toEqual([null, null, null]);
    const ctx = createCtx(caller(platform));
    await audit(ctx, { action: "identity.team.create", subject: { kind: "team", id: "x" } });
    await sealAudit(database.db);
    expect((await listAudit.execute(caller(platform), {})).items[0]?.seq).toBe(10);
  });

  it.each([
    ["risk", 4, { seq: 2, foreign: false, problem: expect.stringContaining("actor_name") }],
    ["risk", 5, { seq: 2, foreign: true, problem: expect.stringContaining("another team") }],
    ["risk", 1, { seq: 1, foreign: false, problem: expect.stringContaining("actor_name") }],
    ["growth", 1, { seq: 0, foreign: true, problem: expect.stringContaining("another team") }],
    ["platform", 5, { seq: 5, foreign: false, problem: expect.stringContaining("actor_name") }],
  ])("tells %s of a changed row %d in its own numbers", async (who, seq, firstBad) => {
    const actor = { risk, growth, platform }[who] ?? expect.fail("no such team");
    const verdict = await tampered(`update audit_log set actor_name = 'Eve' where seq = ${seq}`, () =>
      verify(actor),
    );
    expect(verdict).toMatchObject({ ok: false, firstBad });
  });

  it("says that a row is missing without its number in the whole log", async () => {
    const verdict = await tampered("delete from audit_log where seq = 3", () => verify(risk));
    expect(verdict.firstBad).toEqual({ seq: 2, foreign: false, problem: "a row before it is missing" });
  });
});

describe("a head that was kept", () => {
  it("holds whoever kept it, and shows rows that were cut off", async () => {
    const kept = async (actor: Actor) => {
      const { checked, head } = await verify(actor);
      return { keptSeq: checked, keptHash: head };
    };
    const [own, all] = [await kept(risk), await kept(platform)];
    for (const actor of [risk, growth, platform])
      for (const head of [own, all]) expect(await verify(actor, head)).toMatchObject({ ok: true });
    await tampered("delete from audit_log where seq >= 6", async () => {
      expect(await verify(risk)).toMatchObject({ ok: true, checked: 2 });
      expect(await verify(risk, own)).toMatchObject({
        ok: false,
        keptProblem: "The log ends before row 3, which was kept.",
      });
    });
  });
});

describe("rows that wait for their place", () => {
  const FIVE_MINUTES_MS = 5 * 60_000;
  const later = (actor: Actor, ms: number) =>
    verifyAudit.execute({ ...caller(actor), now: () => new Date(Date.now() + ms) }, {});

  it("are counted, each team's own, and are a finding when nobody seals them", async () => {
    await sealAudit(database.db);
    const before = await verify(risk);
    expect(before).toMatchObject({ ok: true, waiting: { rows: 0, since: null } });
    const ctx = createCtx(caller(risk));
    await audit(ctx, { action: "datasets.dataset.create", subject: { kind: "dataset", id: "y" } });
    expect(await verify(risk)).toMatchObject({
      ok: true,
      checked: before.checked,
      head: before.head,
      waiting: { rows: 1, since: expect.any(Date) },
      waitingProblem: undefined,
    });
    expect(await verify(growth)).toMatchObject({ ok: true, waiting: { rows: 0 } });
    expect(await later(risk, FIVE_MINUTES_MS + 1_000)).toMatchObject({
      ok: false,
      firstBad: undefined,
      waitingProblem: expect.stringContaining("has waited for more than 5 minutes"),
    });
    expect(await later(growth, FIVE_MINUTES_MS + 1_000)).toMatchObject({ ok: true });
    await sealAudit(database.db);
    expect(await later(risk, FIVE_MINUTES_MS + 1_000)).toMatchObject({
      ok: true,
      checked: before.checked + 1,
      waiting: { rows: 0, since: null },
    });
  });

  it("are listed and exported at once, and say so", async () => {
    const ctx = createCtx(caller(platform));
    await audit(ctx, { action: "identity.team.create", subject: { kind: "team", id: "new" } });
    const newest = async () => (await listAudit.execute(caller(platform), {})).items[0];
    expect(await newest()).toMatchObject({ subjectId: "new", seq: null, hash: null, isSealed: false });
    const { batches } = await exportAudit.execute(caller(platform), { subjectId: "new" });
    for await (const batch of batches) expect(batch).toMatchObject([{ subjectId: "new", seq: null }]);
    const { id } = (await newest()) ?? expect.fail("no row");
    await sealAudit(database.db);
    expect(await newest()).toMatchObject({ id, seq: expect.any(Number), isSealed: true });
  });

  it("are checked against their payload as well", async () => {
    const ctx = createCtx(caller(risk));
    await audit(ctx, { action: "datasets.dataset.create", subject: { kind: "dataset", id: "z" } });
    const verdict = await tampered("update audit_log set actor_name = 'Eve' where seq is null", () =>
      verify(risk),
    );
    expect(verdict).toMatchObject({ ok: false, waitingProblem: expect.stringContaining("actor_name") });
  });
});
