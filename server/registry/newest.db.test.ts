import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trafficOf } from "@/db/testing";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { registryEndpoints } from "@/server/http/mlflow/registry";
import { createModel, latestVersions, searchModels } from "./index";
import { listModels } from "./queries";

let world: World;
let member: Person;
beforeAll(async () => {
  world = await createWorld();
  member = await world.person("member");
  for (const name of ["few", "many", "none"])
    // oxlint-disable-next-line no-await-in-loop -- in this order
    await createModel.execute(member.caller, { name });
  await versions("many", 6000);
  await versions("few", 3);
});
afterAll(() => world.close());

const versions = (name: string, count: number) =>
  world.db.execute(sql`
    insert into model_versions (id, team_id, model_id, number, state, stage, source, created_by, last_edited_by)
    select ${name} || n, ${world.teamId}, m.id, n, case when n = ${count} then 'deleted' when n % 2 = 0 then 'pending' else 'ready' end,
      case when n < 100 and n > 3 then 'Archived' else 'None' end, 's3://x', ${member.id}, ${member.id}
    from generate_series(1, ${count}::int) n, registered_models m where m.name = ${name}`);
const alias = (name: string, word: string, number: number) =>
  world.db.execute(sql`
    insert into model_aliases (model_id, alias, version_id)
    select v.model_id, ${word}, v.id from model_versions v where v.id = ${name + String(number)}`);

const rpc = (path: string, params: Record<string, unknown>) => {
  const endpoint = registryEndpoints.find((each) => each.path === path);
  if (!endpoint) throw new Error(`There is no rpc ${path}.`);
  return endpoint.run(member.caller, params);
};

describe("models with thousands of versions", () => {
  beforeAll(async () => {
    await alias("many", "first", 1);
    await alias("many", "champion", 5999);
    await alias("many", "best", 5999);
    await alias("few", "champion", 1);
  });

  it("are listed with their counts, newest versions and aliases", async () => {
    const { items } = await listModels.execute(member.caller, { sort: "name" });
    expect(items).toMatchObject([
      {
        name: "few",
        versionCount: 2,
        latestVersion: { number: 2, state: "pending", createdBy: member.actor.name, aliases: [] },
        aliases: [{ alias: "champion", number: 1 }],
      },
      {
        name: "many",
        versionCount: 5999,
        latestVersion: { number: 5999, state: "ready", aliases: ["best", "champion"] },
        aliases: [
          { alias: "best", number: 5999 },
          { alias: "champion", number: 5999 },
          { alias: "first", number: 1 },
        ],
      },
      { name: "none", versionCount: 0, latestVersion: null, aliases: [] },
    ]);
  });

  it("are read in three statements and a row for each thing shown", async () => {
    // Three models, two newest versions (the search has those of each stage: one more), four aliases.
    expect(await trafficOf(() => listModels.execute(member.caller, {}))).toEqual({ statements: 3, rows: 9 });
    expect(await trafficOf(() => searchModels.execute(member.caller, {}))).toEqual({
      statements: 3,
      rows: 10,
    });
    expect(
      (await trafficOf(() => latestVersions.execute(member.caller, { name: "many" }))).rows,
    ).toBeLessThanOrEqual(3);
    expect((await trafficOf(() => rpc("/registered-models/get", { name: "many" }))).rows).toBeLessThanOrEqual(
      6,
    );
  });

  it("answer the protocol with the newest ready version of each stage", async () => {
    const newest = [
      { version: "5999", current_stage: "None", aliases: ["best", "champion"] },
      { version: "99", current_stage: "Archived" },
    ];
    expect(await rpc("/registered-models/get", { name: "many" })).toMatchObject({
      registered_model: {
        name: "many",
        latest_versions: newest,
        aliases: [
          { alias: "best", version: "5999" },
          { alias: "champion", version: "5999" },
          { alias: "first", version: "1" },
        ],
      },
    });
    const latest = (stages: string[]) =>
      rpc("/registered-models/get-latest-versions", { name: "many", stages });
    expect(await latest([])).toMatchObject({ model_versions: newest });
    expect(await latest(["archived"])).toMatchObject({ model_versions: newest.slice(1) });
    expect(await latest(["Production"])).toEqual({ model_versions: [] });
    expect(await rpc("/registered-models/get", { name: "none" })).toMatchObject({
      registered_model: { name: "none", latest_versions: undefined, aliases: undefined },
    });
  });
});
