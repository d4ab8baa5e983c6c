import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { mutation, query } from "@/server/core/verb";
import { createModel } from "@/server/registry";
import { getVersionByNumber } from "@/server/datasets/version-queries";
import { createRun } from "@/server/experiments";
import { registryEndpoints } from "@/server/http/mlflow/registry";
import { experimentEndpoints, runEndpoints } from "@/server/http/mlflow/tracking";

let world: World;
let member: Person;
let runId: string;
beforeAll(async () => {
  world = await createWorld();
  member = await world.person("member");
  runId = (await createRun.execute(member.caller, {})).id;
  await createModel.execute(member.caller, { name: "churn" });
});
afterAll(() => world.close());

const endpoints = [...experimentEndpoints, ...runEndpoints, ...registryEndpoints];
const rpc = async (path: string, params: Record<string, unknown>) => {
  const endpoint = endpoints.find((each) => each.path === path);
  if (!endpoint) throw new Error(`There is no rpc ${path}.`);
  return endpoint.run(member.caller, params);
};

/** Each of these was an internal error, which the protocol's client sends again for minutes. */
describe("what the database cannot hold is refused in words", () => {
  it.each([
    ["/runs/log-parameter", { key: "a", value: "b\0" }, "params.0.value"],
    ["/runs/set-tag", { key: "a\0", value: "b" }, "tags.0.key"],
    ["/runs/update", { run_name: "a\0" }, "runName"],
    ["/experiments/create", { name: "a\0" }, "name"],
    ["/experiments/get-by-name", { experiment_name: "a\0" }, "name"],
    ["/experiments/search", { filter: "name = 'a\0'" }, "filter"],
    ["/experiments/search", { filter: "tags.`a\0` = 'a'" }, "filter"],
    ["/registered-models/get", { name: "a\0" }, "name"],
    ["/registered-models/set-tag", { name: "churn", key: "a", value: "\0" }, "value"],
    ["/model-versions/get", { name: "churn", version: "99999999999" }, "version"],
    ["/registered-models/alias", { name: "churn", alias: "a", version: 2_147_483_648 }, "version"],
  ])("%s %j", async (path, params, field) => {
    await expect(rpc(path, { run_id: runId, ...params })).rejects.toMatchObject({
      code: "invalid",
      hint: expect.any(String),
      details: { fields: { [field]: expect.any(String) } },
    });
  });

  it("the largest number of a version is looked up", async () => {
    await expect(rpc("/model-versions/get", { name: "churn", version: 2_147_483_647 })).rejects.toMatchObject(
      { code: "not_found" },
    );
  });
});

it("a dataset's version has a number that can be stored", async () => {
  await expect(
    getVersionByNumber.execute(member.caller, { slug: "churn", number: 2_147_483_648 }),
  ).rejects.toMatchObject({ code: "invalid", details: { fields: { number: "is at most 2147483647" } } });
});

describe("what only the database finds", () => {
  const READ = "experiments.run.read" as const;
  const WRITE = "experiments.run.write" as const;
  const input = z.object({ number: z.number() });
  const asks = query({ name: "test.unstorable.read", permission: READ, input, summary: "" }, (args) =>
    args.ctx.db.execute(sql`select ${args.input.number}::int4`),
  );
  const writes = mutation(
    { name: "test.unstorable.write", permission: WRITE, input, summary: "", audit: "none: test" },
    async (args) => args.ctx.db.execute(sql`select jsonb_build_object('a', ${JSON.stringify("\0")}::jsonb)`),
  );
  it("is refused in words in a query and in a transaction", async () => {
    await expect(asks.execute(member.caller, { number: 3e9 })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("A number is larger or smaller"),
    });
    await expect(writes.execute(member.caller, { number: 1 })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("characters that cannot be stored"),
    });
  });
});
