import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Client } from "pg";
import { expect, it } from "vitest";
import { z } from "zod";
import { migrateDatabase } from "@/db/migrate";
import { createTestDatabase } from "@/db/testing";

const FOLDER = path.join(import.meta.dirname, "..", "..", "..", "db", "migrations");
const Journal = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) });

/** The migrations up to the one before predictions were kept by week. */
function foldersBefore(tag: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-migrations-"));
  fs.cpSync(FOLDER, folder, { recursive: true });
  const file = path.join(folder, "meta", "_journal.json");
  const journal = Journal.parse(JSON.parse(fs.readFileSync(file, "utf8")));
  const index = journal.entries.findIndex((entry) => entry.tag.endsWith(tag));
  expect(index).toBeGreaterThan(0);
  fs.writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, index) }));
  return folder;
}

it("predictions and outcomes of an earlier release are there after the upgrade, once", async () => {
  const database = await createTestDatabase();
  const client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
  const folder = foldersBefore("_monitoring");
  try {
    await client.query("drop schema public cascade; drop schema drizzle cascade; create schema public");
    await migrate(drizzle(client), { migrationsFolder: folder });
    await client.query(`
      insert into predictions (id, team_id, deployment_id, version_id, arm, route_digest, at, latency_ms, status, predicted)
      select 'prd_' || n, 'team_1', 'dep_1', 'mv_1', 'canary', 'r', timestamptz '2026-01-05 00:00:00.25Z' + n * interval '1 hour', 1, 200, '1'
      from generate_series(1, 500) n`);
    await client.query(`
      insert into feedback (prediction_id, team_id, deployment_id, value, is_correct, given_by)
      select 'prd_' || n, 'team_1', 'dep_1', '1', true, 'usr_1' from generate_series(1, 20) n
      union all select 'prd_gone', 'team_1', 'dep_1', '1', true, 'usr_1'`);
    await client.query(
      "insert into pending_feedback (prediction_id, team_id, value, given_by) values ('prd_x', 'team_1', '1', 'usr_1')",
    );
    expect((await migrateDatabase(database.ownerUrl)).applied).toBeGreaterThan(0);
    const one = async (sql: string) =>
      Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {});
    expect(
      await one(
        "select count(*)::int as n, count(distinct id)::int as ids, min(rows), max(datatype) from predictions",
      ),
    ).toEqual([500, 500, 1, ""]);
    expect(
      await one(
        "select count(*)::int from feedback f join predictions p on p.id = f.prediction_id and p.at = f.prediction_at and p.arm = f.arm",
      ),
    ).toEqual([20]);
    expect(
      await one("select version_id, row_index, revision from feedback where prediction_id = 'prd_gone'"),
    ).toEqual(["", 0, 0]);
    expect(await one("select row_index from pending_feedback")).toEqual([0]);
    expect(
      await one("select count(*)::int from pg_inherits where inhparent = 'predictions'::regclass"),
    ).toEqual([2]);
    // New ones meet the old ones: the same record again is the same row.
    await client.query(`insert into predictions (id, team_id, deployment_id, version_id, arm, route_digest, at, latency_ms, status)
      select id, team_id, deployment_id, version_id, arm, route_digest, at, latency_ms, status from predictions limit 5 on conflict (id, at) do nothing`);
    expect(await one("select count(*)::int from predictions")).toEqual([500]);
    expect(await one("select count(*)::int from pg_indexes where tablename = 'predictions'")).toEqual([3]);
  } finally {
    fs.rmSync(folder, { recursive: true });
    await client.end();
    await database.close();
  }
});
