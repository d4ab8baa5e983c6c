import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { migrateDatabase } from "@/db/migrate";

let one: TestDatabase;
let two: TestDatabase;
beforeAll(async () => {
  [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
});
afterAll(async () => {
  await Promise.all([one.close(), two.close()]);
});

test("two databases do not see each other", async () => {
  await one.db.execute(sql`create schema only_here`);
  const found = await two.db.execute(sql`select 1 from pg_namespace where nspname = 'only_here'`);
  expect(found.rowCount).toBe(0);
});

test("the application's role may add to the audit log, not change it", async () => {
  const may = await one.db.execute<{ add: boolean; change: boolean; user: string }>(
    sql`select has_table_privilege('audit_log', 'insert') as add, has_table_privilege('audit_log', 'update') as change, current_user as user`,
  );
  expect(may.rows[0]).toEqual({ add: true, change: false, user: "modelworks_app" });
});

test("migrating again applies nothing", async () => {
  expect(await migrateDatabase(one.ownerUrl)).toEqual({ applied: 0 });
});

test("a database with a migration that this release does not have is refused", async () => {
  const { Client } = await import("pg");
  const client = new Client({ connectionString: two.ownerUrl });
  await client.connect();
  await client.query("update drizzle.__drizzle_migrations set hash = 'other'");
  await client.end();
  await expect(migrateDatabase(two.ownerUrl)).rejects.toThrow("made by a newer release");
});
