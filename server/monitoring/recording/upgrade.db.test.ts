import { expect, it } from "vitest";
import { migrateDatabase } from "@/db/migrate";
import { migratedBefore } from "@/db/testing";

it("predictions and outcomes of an earlier release are there after the upgrade, once", async () => {
  const database = await migratedBefore("monitoring");
  const { client } = database;
  try {
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
    await database.close();
  }
});
