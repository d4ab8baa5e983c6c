import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { sharedDb } from "@/db/client";
import { auditLog } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { makePerson, makeTeam, prepareHome } from "@/server/compute/testing";
import type { Actor } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { createToken } from "@/server/identity/create-token";
import { setProtection } from "@/server/registry";
import { deploy } from "@/server/serving";
import { makeModel, prove, type TestVersion } from "@/server/serving/testing";
import { createHttpApp } from "@/server/house/http-app";

/** Protected aliases and stages, through the doors that programs use, with a member's token as the attack used one. */

let database: TestDatabase;
let app: ReturnType<typeof createHttpApp>;
let member: Actor;
let admin: Actor;
let token: string;
beforeAll(async () => {
  database = await createTestDatabase();
  prepareHome(database.url);
  app = createHttpApp();
});
afterAll(async () => {
  await sharedDb().close();
  await database.close();
});
beforeEach(async () => {
  const team = await makeTeam(database.db, newId("team"));
  member = await makePerson(database.db, team, "Mia");
  admin = await makePerson(database.db, team, "Ada", { role: "admin" });
  token = (
    await createToken.execute(as(member), { name: "pipeline", scopes: ["write", "track"], expiresInDays: 1 })
  ).token;
});

const as = (actor: Actor) => ({ actor, db: database.db });
const Answer = z.looseObject({ error_code: z.string().optional(), message: z.string().optional() });

async function send(method: string, path: string, body?: object, bearer = token) {
  const response = await app.request(path, {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: Answer.parse(await response.json()) };
}
const rpc = (method: string, path: string, body: object) => send(method, `/api/2.0/mlflow${path}`, body);
const setAlias = (version: TestVersion, alias: string) =>
  rpc("POST", "/registered-models/alias", { name: version.model, alias, version: String(version.number) });
const toStage = (version: TestVersion, stage: string, archive = false) =>
  rpc("POST", "/model-versions/transition-stage", {
    name: version.model,
    version: String(version.number),
    stage,
    archive_existing_versions: archive,
  });
const byAlias = async (model: string, alias: string) => {
  const { body } = await send("GET", `/api/2.0/mlflow/registered-models/alias?name=${model}&alias=${alias}`);
  return z.object({ version: z.string() }).optional().parse(body.model_version)?.version;
};
const latestIn = async (model: string, stage: string) => {
  const { body } = await rpc("POST", "/registered-models/get-latest-versions", {
    name: model,
    stages: [stage],
  });
  return z
    .array(z.object({ version: z.string(), current_stage: z.string() }))
    .default([])
    .parse(body.model_versions)
    .map((each) => each.version);
};

/** Version 1 and 2 proven for production, 1 deployed there; 3 proves nothing. */
async function governed() {
  const [first, second, third] = await makeModel(database.db, member, 3);
  if (!first || !second || !third) throw new Error("no versions");
  for (const version of [first, second]) await prove(database.db, member, version, "production");
  await deploy.execute(as(member), { model: first.model, version: 1, environment: "production" });
  return { first, second, third };
}

const REFUSED = { status: 403, body: { error_code: "PERMISSION_DENIED" } };

describe("a model that nobody governs", () => {
  it("is not hindered: every alias and stage moves, and goes", async () => {
    const [first, second] = await makeModel(database.db, member, 2);
    if (!first || !second) throw new Error("no versions");
    for (const alias of ["production", "champion", "candidate"]) {
      expect(await setAlias(first, alias)).toMatchObject({ status: 200 });
      expect(await setAlias(second, alias)).toMatchObject({ status: 200 });
    }
    expect(await toStage(first, "Production")).toMatchObject({
      status: 200,
      body: { model_version: { current_stage: "Production" } },
    });
    expect(await toStage(second, "production", true)).toMatchObject({ status: 200 });
    expect(await latestIn(first.model, "Production")).toEqual(["2"]);
    expect(await latestIn(first.model, "Archived")).toEqual(["1"]);
    const gone = { name: first.model, alias: "production" };
    expect(await rpc("DELETE", "/registered-models/alias", gone)).toMatchObject({ status: 200 });
    const renamed = { name: first.model, new_name: `${first.model}-b` };
    expect(await rpc("POST", "/registered-models/rename", renamed)).toMatchObject({ status: 200 });
    expect(await rpc("DELETE", "/registered-models/delete", { name: renamed.new_name })).toMatchObject({
      status: 200,
    });
  });
});

describe("a governed model", () => {
  it.each(["production", "prod", "live", "champion", "Production", "CHAMPION"])(
    "lets the alias %s point at what production admits, and at nothing else",
    async (alias) => {
      const { second, third } = await governed();
      const refusal = await setAlias(third, alias);
      expect(refusal).toMatchObject(REFUSED);
      expect(refusal.body.message).toMatch(
        new RegExp(
          `Alias ${alias} of .* is protected: version 3 is not admitted to production. Missing: .*gates.*http://.*/versions/3`,
        ),
      );
      expect(await byAlias(third.model, alias)).toBeUndefined();
      expect(await setAlias(second, alias)).toMatchObject({ status: 200 });
      expect(await byAlias(third.model, alias)).toBe("2");
      expect(await setAlias(third, alias)).toMatchObject(REFUSED);
      expect(await byAlias(third.model, alias)).toBe("2");
      expect(await setAlias(third, "candidate")).toMatchObject({ status: 200 });
    },
  );

  it("refuses by REST too, in its own form", async () => {
    const { third } = await governed();
    const path = `/api/v1/models/${third.model}/aliases/production`;
    expect(await send("PUT", path, { version: 3 })).toMatchObject({
      status: 403,
      body: { code: "forbidden", detail: expect.stringContaining("/versions/3") },
    });
    expect(await send("PUT", path, { version: 2 })).toMatchObject({ status: 200 });
    expect(await send("DELETE", path)).toMatchObject({ status: 403 });
  });

  it("keeps what clients load by: no door removes, renames or deletes around a protected alias", async () => {
    const { first, second } = await governed();
    expect(await setAlias(second, "production")).toMatchObject({ status: 200 });
    const { model } = first;
    for (const [method, path, body] of [
      ["DELETE", "/registered-models/alias", { name: model, alias: "production" }],
      ["DELETE", "/model-versions/delete", { name: model, version: "2" }],
      ["POST", "/registered-models/rename", { name: model, new_name: `${model}-b` }],
    ] as const)
      expect(await rpc(method, path, body)).toMatchObject(REFUSED);
    expect(await send("DELETE", `/api/v1/models/${model}/versions/2`)).toMatchObject({ status: 403 });
    await database.db.execute(`update deployments set retired_at = now()`);
    const refusal = await rpc("DELETE", "/registered-models/delete", { name: model });
    expect(refusal).toMatchObject(REFUSED);
    expect(refusal.body.message).toContain("A team admin can switch the protection off");
    expect(await byAlias(model, "production")).toBe("2");
  });

  it("hands its name to no other model: neither by deleting nor by renaming", async () => {
    const { first } = await governed();
    const { model } = first;
    await database.db.execute(`update deployments set retired_at = now()`);
    expect(await toStage(first, "Archived")).toMatchObject({ status: 200 });
    expect(await rpc("DELETE", "/registered-models/delete", { name: model })).toMatchObject({ status: 200 });
    const [hostile] = await makeModel(database.db, member, 1);
    if (!hostile) throw new Error("no version");
    expect(await setAlias(hostile, "production")).toMatchObject({ status: 200 });
    const taken = { name: hostile.model, new_name: model };
    expect(await rpc("POST", "/registered-models/rename", taken)).toMatchObject(REFUSED);
    const gone = { name: hostile.model, alias: "production" };
    expect(await rpc("DELETE", "/registered-models/alias", gone)).toMatchObject({ status: 200 });
    expect(await rpc("POST", "/registered-models/rename", taken)).toMatchObject({ status: 200 });
    expect(await setAlias({ ...hostile, model }, "production")).toMatchObject(REFUSED);
  });

  it("moves a stage when its environment admits the version, archives the others, and says otherwise what is missing", async () => {
    const { first, second, third } = await governed();
    expect(await latestIn(first.model, "Production")).toEqual(["1"]);
    const refusal = await toStage(third, "Production", true);
    expect(refusal).toMatchObject(REFUSED);
    expect(refusal.body.message).toContain("version 3 is not admitted to production. Missing:");
    expect(await toStage(third, "Staging")).toMatchObject(REFUSED);
    expect(await latestIn(first.model, "Production")).toEqual(["1"]);
    expect(await toStage(second, "Production", true)).toMatchObject({
      status: 200,
      body: { model_version: { version: "2", current_stage: "Production" } },
    });
    expect(await latestIn(first.model, "Production")).toEqual(["2"]);
    expect(await latestIn(first.model, "Archived")).toEqual(["1"]);
    const search = `/api/2.0/mlflow/model-versions/search?filter=${encodeURIComponent(`name = '${first.model}' and current_stage = 'Production'`)}`;
    expect(await send("GET", search)).toMatchObject({ body: { model_versions: [{ version: "2" }] } });
    expect(await toStage(third, "Archived")).toMatchObject({ status: 200 });
    expect(await toStage(third, "Archived", true)).toMatchObject({ status: 400 });
  });

  it("hands a stage on to no version that is not admitted when the newest one leaves it", async () => {
    const { second, third } = await governed();
    await database.db.execute(
      `update model_versions set stage = 'Production' where id in ('${second.id}', '${third.id}')`,
    );
    await prove(database.db, member, third, "production");
    await database.db.execute(
      `update model_versions set contract_digest = 'changed' where id = '${second.id}'`,
    );
    const refusal = await toStage(third, "Archived");
    expect(refusal).toMatchObject(REFUSED);
    expect(refusal.body.message).toContain("version 2 is not admitted");
    expect(await toStage(second, "Archived")).toMatchObject({ status: 200 });
    expect(await toStage(third, "Archived")).toMatchObject({ status: 200 });
  });
});

describe("the switch", () => {
  it("is a team admin's, is audited, and works both ways", async () => {
    const { third, first } = await governed();
    const off = { name: third.model, mode: "off" as const, reason: "Clients moved to deployments" };
    await expect(setProtection.execute(as(member), off)).rejects.toMatchObject({ code: "forbidden" });
    const door = `/api/v1/models/${third.model}/protection`;
    expect(await send("PUT", door, { mode: "off", reason: "please" })).toMatchObject({ status: 403 });
    expect(await send("GET", door)).toMatchObject({
      status: 200,
      body: {
        on: true,
        mode: "default",
        because: expect.stringContaining("it was deployed as"),
        carried: [{ what: "Stage Production", number: 1, admitted: true }],
      },
    });
    expect(await setProtection.execute(as(admin), off)).toMatchObject({ on: false });
    const trail = await database.db
      .select()
      .from(auditLog)
      .where(eq(auditLog.action, "registry.protection.set"));
    expect(trail.at(-1)?.payload).toContain("Clients moved to deployments");
    expect(await setAlias(third, "production")).toMatchObject({ status: 200 });
    await setProtection.execute(as(admin), { ...off, mode: "default", aliases: ["eu-live"] });
    expect(await setAlias(third, "EU-live")).toMatchObject(REFUSED);
    expect(await send("GET", door)).toMatchObject({
      body: {
        carried: [{ what: "Alias production", number: 3, admitted: false }, { what: "Stage Production" }],
      },
    });
    expect(await setAlias(first, "production")).toMatchObject({ status: 200 });
  });

  it("protects a model that nobody governs when it is on", async () => {
    const [version] = await makeModel(database.db, member, 1);
    if (!version) throw new Error("no version");
    await setProtection.execute(as(admin), { name: version.model, mode: "on", reason: "Soon in production" });
    expect(await setAlias(version, "live")).toMatchObject(REFUSED);
    expect(await toStage(version, "Staging")).toMatchObject(REFUSED);
  });
});
