import { fork } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEmptyDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { withClient } from "@/db/with-client";
import { createObjectStore } from "@/server/adapters/object-store";
import { restoreBackup } from "@/server/backup/restore-backup";
import { takeBackup } from "@/server/backup/take-backup";
import { migrateExternal } from "./schema";

/** What docs/operations.md tells the administrator of a database to run is run here, and must be enough. */

const text = fs.readFileSync(path.resolve("docs", "operations.md"), "utf8");
const section = text.slice(text.indexOf("## A database of your own"));
const blocks = [...section.matchAll(/```sql\n([^`]+)```/g)].map((match) => match[1] ?? "");
const statementsOf = (block: string | undefined) => (block ?? "").split("\n").filter(Boolean);

const mark = randomBytes(4).toString("hex");
const OWNER = `mw_owner_${mark}`;
const APP = `mw_app_${mark}`;
const PASSWORD = { owner: "owner-password", app: "app-password" };

let server: TestDatabase;
const made: string[] = [];
beforeAll(async () => {
  server = await createEmptyDatabase();
});
afterAll(async () => {
  await withClient(server.ownerUrl, async (client) => {
    for (const name of made) await client.query(`drop database if exists ${name} with (force)`);
    await client.query(`drop role if exists ${APP}`);
    await client.query(`drop role if exists ${OWNER}`);
  });
  await server.close();
});

const urlOf = (database: string, user?: string, password = "") => {
  const url = new URL(server.ownerUrl);
  url.pathname = `/${database}`;
  if (user) Object.assign(url, { username: user, password });
  return url.href;
};

/** The documented statements under names of this test's own, because the server has the documented ones already. */
const renamed = (statement: string, database: string) =>
  statement
    .replaceAll("modelworks_owner", OWNER)
    .replaceAll("modelworks_app", APP)
    .replaceAll(/\bmodelworks\b/g, database);

/** Makes a database by these statements. @returns the addresses of its two roles */
async function prepare(statements: readonly string[], within: readonly string[] = []) {
  const database = `mw_grants_${randomBytes(4).toString("hex")}`;
  made.push(database);
  await withClient(server.ownerUrl, async (client) => {
    const { rows } = await client.query("select 1 from pg_roles where rolname = $1", [OWNER]);
    for (const statement of statements.filter((each) => rows.length === 0 || !each.startsWith("CREATE ROLE")))
      await client.query(renamed(statement, database));
    // The serving role has another name here.
    await client.query(`grant modelworks_app to ${APP}`);
  });
  await withClient(urlOf(database), async (client) => {
    for (const statement of within) await client.query(renamed(statement, database));
  });
  return {
    database,
    ownerUrl: urlOf(database, OWNER, PASSWORD.owner),
    appUrl: urlOf(database, APP, PASSWORD.app),
  };
}

const documented = statementsOf(blocks[0]);
const instead = statementsOf(blocks[1]);
const notOwned = documented.map((each) => each.replace(/ OWNER \w+;/, ";"));

async function runsWorkflows(appUrl: string): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-grants-"));
  const child = fork(path.resolve("server/durable/testing-worker.ts"), [folder, "start", "wf-1"], {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, DATABASE_URL: appUrl, LOG_LEVEL: "error" },
  });
  const ended = once(child, "exit");
  const trace = path.join(folder, "wf-1.trace");
  await waitFor(() => fs.existsSync(trace) && fs.readFileSync(trace, "utf8").includes("effect"), {
    timeoutMs: 90_000,
    what: "the workflow's effect",
  });
  child.kill("SIGKILL");
  await ended;
  fs.rmSync(folder, { recursive: true });
}

describe("a database that its administrator made as documented", () => {
  it.each([
    ["owned by the role that makes the tables", documented, []],
    ["of somebody else, with grants alone", notOwned, instead],
  ])(
    "is migrated, and its serving role runs a workflow and may make nothing: %s",
    async (_what, statements, within) => {
      expect(statements.length).toBeGreaterThan(3);
      const { ownerUrl, appUrl } = await prepare(statements, within);
      await migrateExternal(ownerUrl, "DATABASE_OWNER_URL", appUrl);
      await migrateExternal(ownerUrl, "DATABASE_OWNER_URL", appUrl);
      await runsWorkflows(appUrl);
      await withClient(appUrl, async (client) => {
        for (const statement of [
          "create schema mine",
          "create table public.mine (id int)",
          "create table dbos.mine (id int)",
          "alter table dbos.workflow_status add column mine int",
          "delete from audit_log",
        ])
          await expect(client.query(statement), statement).rejects.toThrow(/permission denied|must be owner/);
        await client.query("insert into teams (id, slug, name) values ('team_1', 'one', 'One')");
      });
    },
    180_000,
  );

  it("is backed up, and restored into another", async () => {
    const [one, two] = [await prepare(documented), await prepare(notOwned, instead)];
    await migrateExternal(one.ownerUrl, "DATABASE_OWNER_URL", one.appUrl);
    await withClient(one.appUrl, (client) =>
      client.query("insert into teams (id, slug, name) values ('team_1', 'one', 'One')"),
    );
    const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "mw-grants-"));
    const homes = [path.join(scratch, "one"), path.join(scratch, "two")] as const;
    fs.mkdirSync(homes[0]);
    const storeIn = (home: string) => createObjectStore({ url: undefined, home });
    const folder = path.join(scratch, "backup");
    await takeBackup({ ...one, home: homes[0], store: storeIn(homes[0]) }, folder);
    const target = { home: homes[1], external: two, store: storeIn(homes[1]) };
    const { findings } = await restoreBackup(folder, target, () => undefined);
    expect(findings.filter(({ ok }) => !ok)).toEqual([]);
    await withClient(two.appUrl, async (client) => {
      expect((await client.query("select id from teams")).rows).toEqual([{ id: "team_1" }]);
      await expect(client.query("delete from audit_log")).rejects.toThrow(/permission denied/);
    });
    await expect(
      restoreBackup(folder, { ...target, home: path.join(scratch, "three") }, () => undefined),
    ).rejects.toThrow(/holds tables/);
    fs.rmSync(scratch, { recursive: true });
  });

  it.each([
    ["GRANT CONNECT, CREATE ON DATABASE", /GRANT CREATE ON DATABASE "mw_grants_\w+" TO "mw_owner_\w+";/],
    ["GRANT USAGE, CREATE ON SCHEMA", /GRANT USAGE, CREATE ON SCHEMA public TO "mw_owner_\w+";/],
  ])("is refused without %s, which is named", async (begins, hint) => {
    const grants = instead.map((each) =>
      each.startsWith(begins) && begins.includes("DATABASE") ? each.replace(", CREATE", "") : each,
    );
    const kept = grants.filter((each) => begins.includes("DATABASE") || !each.startsWith(begins));
    const { ownerUrl, appUrl } = await prepare(notOwned, kept);
    await expect(migrateExternal(ownerUrl, "DATABASE_OWNER_URL", appUrl)).rejects.toMatchObject({
      name: "LauncherError",
      hint: expect.stringMatching(hint),
    });
  });

  it("is refused when the serving role has no right on the tables, which is named", async () => {
    const { database, ownerUrl, appUrl } = await prepare(documented);
    await withClient(urlOf(database), (client) => client.query(`revoke modelworks_app from ${APP}`));
    await expect(migrateExternal(ownerUrl, "DATABASE_OWNER_URL", appUrl)).rejects.toMatchObject({
      name: "LauncherError",
      hint: expect.stringMatching(/GRANT modelworks_app TO "mw_app_\w+";/),
    });
  });
});
