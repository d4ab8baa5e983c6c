import { eq, sql } from "drizzle-orm";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { idempotencyKeys, savedViews } from "@/db/schema";
import type { Caller } from "@/server/core/context";
import { conflict } from "@/server/core/errors";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import type { HttpEnv } from "@/server/kit/app-env";
import { withIdempotency } from "@/server/kit/idempotency";
import { mlflowApp } from "@/server/http/mlflow/app";

let world: World;
let member: Person;
beforeAll(async () => {
  world = await createWorld();
  member = await world.person("member");
});
afterAll(() => world.close());

let written = 0;
/** A piece of work that leaves a row, so that one can see how often it was done. */
const write = (as: Caller, name: string) =>
  as.db.insert(savedViews).values({
    id: `${name}-${(written += 1)}`,
    teamId: "t",
    ownerId: "u",
    list: name,
    scope: "personal",
    name: `${written}`,
    query: "",
  });
const done = async (name: string) =>
  (await world.db.select().from(savedViews).where(eq(savedViews.list, name))).length;
const keysOf = async (key: string) =>
  (await world.db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key))).length;
const keyed = (
  key: string,
  run: (as: Caller) => Promise<void>,
  more: { input?: unknown; keepsOnRefusal?: boolean } = {},
) =>
  withIdempotency(member.caller, { route: "post /things", key, input: {}, ...more }, async (as) => {
    await run(as);
    return { status: 201, body: `{"key":"${key}"}` };
  });

describe("a request with an Idempotency-Key", () => {
  it("is done once, and every repetition gets its answer", async () => {
    const first = await keyed("once", async (as) => void (await write(as, "once")));
    const again = await keyed("once", async (as) => void (await write(as, "once")));
    expect(again).toEqual(first);
    expect(await done("once")).toBe(1);
  });

  it("waits for the same request that is being worked on, and does not do it again", async () => {
    const both = await Promise.all(
      [1, 2, 3].map(() => keyed("both", async (as) => void (await write(as, "both")))),
    );
    expect(both).toEqual([both[0], both[0], both[0]]);
    expect(await done("both")).toBe(1);
  });

  it("leaves nothing when the process that worked on it is lost, and can be sent again", async () => {
    const lost = keyed("lost", async (as) => {
      await write(as, "lost");
      // As the server sees the end of a process: its connection is gone.
      const { rows } = await as.db.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await world.db.execute(sql`select pg_terminate_backend(${rows[0]?.pid})`);
      await as.db.execute(sql`select 1`);
    });
    await expect(lost).rejects.toThrow();
    expect([await done("lost"), await keysOf("lost")]).toEqual([0, 0]);
    await keyed("lost", async (as) => void (await write(as, "lost")));
    expect(await done("lost")).toBe(1);
  });

  it("frees the key when it is refused; what a refusal is meant to leave stays", async () => {
    const refuse = (key: string, keepsOnRefusal: boolean) =>
      keyed(
        key,
        async (as) => {
          await write(as, key);
          throw conflict("It is void.");
        },
        { keepsOnRefusal },
      );
    await expect(refuse("refused", false)).rejects.toThrow("It is void.");
    await expect(refuse("noted", true)).rejects.toThrow("It is void.");
    expect([await done("refused"), await done("noted")]).toEqual([0, 1]);
    expect([await keysOf("refused"), await keysOf("noted")]).toEqual([0, 0]);
  });

  it("is refused when the key stands for another request", async () => {
    await keyed("other", async () => undefined, { input: { a: 1 } });
    await expect(keyed("other", async () => undefined, { input: { a: 2 } })).rejects.toThrow(
      "another request",
    );
  });

  it("makes one run of a repeated MLflow call", async () => {
    const app = new Hono<HttpEnv>();
    app.use(async (c, next) => {
      c.set("requestId", "req_test");
      c.set("caller", async () => ({ ...member.caller, requestId: "req_test" }));
      await next();
    });
    app.route("/", mlflowApp());
    const post = async (path: string, body: unknown, key?: string) => {
      const response = await app.request(`/api/2.0/mlflow/${path}`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: key ? { "idempotency-key": key } : {},
      });
      expect(response.status).toBe(200);
      return response.json();
    };
    const Experiment = z.object({ experiment_id: z.string() });
    const { experiment_id } = Experiment.parse(await post("experiments/create", { name: "repeated" }));
    const first = await post("runs/create", { experiment_id, start_time: 1 }, "run-1");
    expect(await post("runs/create", { experiment_id, start_time: 1 }, "run-1")).toEqual(first);
    expect(await post("runs/create", { experiment_id, start_time: 1 }, "run-2")).not.toEqual(first);
    expect(await post("runs/create", { experiment_id, start_time: 1 })).not.toEqual(first);
  });
});
