import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openDb, type OpenDb } from "@/db/client";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { systemActor } from "./actor";
import { audit } from "./audit";
import { createCtx, type Ctx } from "./context";
import { notifyLive } from "./live";
import { emit } from "./outbox";
import { tell, transaction } from "./tell";
import { topic, topicOf } from "@/server/plates/topic";
import { inTransaction } from "./verb";

let database: TestDatabase;
let opened: OpenDb;
let listener: pg.Client;
const heard: string[] = [];
/** What every connection of the pool was asked, in order. */
const statements: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  opened = openDb(database.url, { max: 3 });
  opened.pool.on("connect", (client) => {
    const ask = client.query.bind(client);
    Object.assign(client, {
      query: (...args: Parameters<typeof ask>) => {
        const [first] = args as unknown[];
        statements.push(typeof first === "string" ? first : String(Object(first).text));
        return ask(...args);
      },
    });
  });
  listener = new pg.Client({ connectionString: database.url });
  listener.on("notification", (message) => heard.push(`${message.channel} ${message.payload ?? ""}`));
  await listener.connect();
  await listener.query("listen mw_live; listen mw_outbox; listen mw_audit");
});
afterAll(async () => {
  await listener.end();
  await opened.close();
  await database.close();
});
beforeEach(() => {
  heard.length = 0;
  statements.length = 0;
});

const ctxOf = () => createCtx({ actor: systemActor("team_tell"), db: opened.db });
const heardAll = (...wanted: string[]) =>
  waitFor(() => wanted.every((each) => heard.includes(each)) || undefined, { what: wanted.join(", ") });

/** Sends one more message and waits for it: what was to be heard before has been heard. */
async function flushed(): Promise<string[]> {
  await notifyLive(opened.db, "team_tell", topic("last"));
  await heardAll("mw_live team_tell/last");
  return heard.filter((each) => each !== "mw_live team_tell/last");
}

async function work(ctx: Ctx): Promise<void> {
  await notifyLive(ctx.db, "team_tell", topic("jobs"), topicOf("job")("1"), topic("jobs"));
  await emit(ctx, { type: "compute.job_queued", payload: { jobId: "1" } });
  await emit(ctx, { type: "compute.job_queued", payload: { jobId: "2" } });
  await audit(ctx, { action: "test.do", subject: { kind: "test", id: "1" } });
  await notifyLive(ctx.db, "team_tell", topic("jobs"));
}

describe("what a transaction tells", () => {
  it("goes out once it has committed, each message once, in one statement", async () => {
    await inTransaction(ctxOf(), work);
    await heardAll("mw_live team_tell/job:1", "mw_audit ");
    expect((await flushed()).toSorted()).toEqual([
      "mw_audit ",
      "mw_live team_tell/job:1",
      "mw_live team_tell/jobs",
      "mw_outbox ",
    ]);
    const [commit, first] = [
      statements.indexOf("commit"),
      statements.findIndex((text) => /notify/i.test(text)),
    ];
    expect(commit).toBeGreaterThan(0);
    expect(first).toBeGreaterThan(commit);
    // One for the transaction, one for the message of this test.
    expect(statements.filter((text) => /notify/i.test(text))).toHaveLength(2);
  });

  it("is nothing when it rolls back", async () => {
    const failed = inTransaction(ctxOf(), async (ctx) => {
      await work(ctx);
      throw new Error("undone");
    });
    await expect(failed).rejects.toThrow("undone");
    expect(await flushed()).toEqual([]);
  });

  it("leaves out a part that was undone, and waits for the outermost commit", async () => {
    await transaction(opened.db, async (outer) => {
      await transaction(outer, async (inner) => tell(inner, "mw_live", "kept"));
      const undone = transaction(outer, async (inner) => {
        tell(inner, "mw_live", "dropped");
        throw new Error("undone");
      });
      await expect(undone).rejects.toThrow("undone");
      await waitFor(() => statements.some((text) => /rollback to/i.test(text)) || undefined);
      expect(statements.some((text) => /notify/i.test(text))).toBe(false);
    });
    await heardAll("mw_live kept");
    expect(await flushed()).toEqual(["mw_live kept"]);
  });

  it("is refused where nobody would send it", async () => {
    const raw = opened.db.transaction(async (tx) => tell(tx, "mw_live", "never"));
    await expect(raw).rejects.toThrow("Open a transaction that tells something");
  });
});

it("joins what is told while a statement is at work", async () => {
  for (let number = 0; number < 200; number += 1) tell(opened.db, "mw_live", `many-${number}`);
  await heardAll("mw_live many-0", "mw_live many-199");
  expect((await flushed()).length).toBe(200);
  expect(statements.filter((text) => /notify/i.test(text)).length).toBeLessThan(5);
});

it("goes on after the database was away", async () => {
  const lost = openDb(database.url.replace(/\/[^/?]+(\?|$)/, "/none$1"), { max: 1 });
  tell(lost.db, "mw_live", "lost");
  await lost.close();
  tell(opened.db, "mw_live", "after");
  await heardAll("mw_live after");
});

it("is sent by another copy of the code on the same pool, as in the bundles of pages", async () => {
  vi.resetModules();
  const copy = await import("./tell");
  copy.tell(opened.db, "mw_live", "from a copy");
  await copy.transaction(opened.db, async (tx) => copy.tell(tx, "mw_live", "from its transaction"));
  await heardAll("mw_live from a copy", "mw_live from its transaction");
});
