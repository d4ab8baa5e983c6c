import { createHash, randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { Client } from "pg";
import { inject } from "vitest";
import { openDb, type Db } from "@/db/client";
import { migrateDatabase, migrationsKey } from "@/db/migrate";
import { withClient } from "@/db/with-client";
import { readIfPresent, writePrivateFile } from "@/server/launcher/files";
import { startPostgres } from "@/server/launcher/postgres";
import { APP_ROLE } from "@/server/launcher/postgres-cluster";
import { waitFor } from "./wait-for";

export interface TestDatabase {
  /** Address for the role that serves requests. */
  url: string;
  /** Address for the role that owns the tables. */
  ownerUrl: string;
  db: Db;
  close(): Promise<void>;
}

const TEMPLATE_LOCK = 7_203_002;

/** Makes a migrated database for one test file: a copy of a template, about 50 ms after the first. */
export async function createTestDatabase(options: { max?: number } = {}): Promise<TestDatabase> {
  return openTestDatabase(ensureTemplate, options);
}

/** Makes an empty database, for tests of migrating. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return openTestDatabase(async () => "template0", {});
}

async function openTestDatabase(
  templateOf: (client: Client, ownerUrl: string) => Promise<string>,
  options: { max?: number },
): Promise<TestDatabase> {
  const server = await testServer();
  const name = `mw_test_${randomUUID().replaceAll("-", "")}`;
  await withClient(server.ownerUrl, async (client) => {
    const template = await templateOf(client, server.ownerUrl);
    await client.query(`create database ${name} template ${template}`);
    await client.query(`grant connect, create, temporary on database ${name} to ${APP_ROLE}`);
  });
  const url = withDatabase(server.appUrl, name);
  const opened = openDb(url, { max: options.max ?? 5, name: "test" });
  return {
    url,
    ownerUrl: withDatabase(server.ownerUrl, name),
    db: opened.db,
    close: async () => {
      await opened.close();
      await withClient(server.ownerUrl, (client) =>
        client.query(`drop database if exists ${name} with (force)`),
      );
    },
  };
}

interface TestServer {
  ownerUrl: string;
  appUrl: string;
}

async function testServer(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return givenServer(given);
  const home = inject("testHome");
  const file = path.join(home, "server.json");
  const lock = path.join(home, "server.lock");
  return waitFor(
    async () => {
      const known = readIfPresent(file);
      if (known) return JSON.parse(known) as TestServer;
      if (!takeLock(lock)) return undefined;
      const { ownerUrl, appUrl } = await startPostgres({
        home,
        settings: {
          fsync: "off",
          synchronous_commit: "off",
          full_page_writes: "off",
          shared_buffers: "64MB",
        },
      });
      writePrivateFile(file, JSON.stringify({ ownerUrl, appUrl }));
      return { ownerUrl, appUrl };
    },
    { timeoutMs: 30_000, what: "the test database server" },
  );
}

function takeLock(file: string): boolean {
  try {
    fs.closeSync(fs.openSync(file, "wx"));
    return true;
  } catch {
    return false;
  }
}

/** A server of the developer's own: its superuser is known, the application's role is made on it. */
async function givenServer(ownerUrl: string): Promise<TestServer> {
  const password = createHash("sha256").update(ownerUrl).digest("hex");
  await withClient(ownerUrl, async (client) => {
    await client.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    const found = await client.query("select 1 from pg_roles where rolname = $1", [APP_ROLE]);
    await client.query(
      `${found.rowCount ? "alter" : "create"} role ${APP_ROLE} login password '${password}'`,
    );
  });
  const appUrl = new URL(ownerUrl);
  appUrl.username = APP_ROLE;
  appUrl.password = password;
  return { ownerUrl, appUrl: appUrl.href };
}

async function ensureTemplate(client: Client, ownerUrl: string): Promise<string> {
  const name = `mw_template_${migrationsKey()}`;
  await client.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
  try {
    const found = await client.query("select 1 from pg_database where datname = $1", [name]);
    if (found.rowCount) return name;
    // Built under another name first: a template that exists is complete.
    const building = `${name}_building`;
    await client.query(`drop database if exists ${building} with (force)`);
    await client.query(`create database ${building}`);
    await migrateDatabase(withDatabase(ownerUrl, building));
    await client.query(`alter database ${building} rename to ${name}`);
    return name;
  } finally {
    await client.query("select pg_advisory_unlock($1)", [TEMPLATE_LOCK]);
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
