import { expect, it } from "vitest";
import { migrateDatabase } from "@/db/migrate";
import { migratedBefore } from "@/db/testing";
import { metricHistory, metricKeys, metricSeries } from "./metric-queries";
import { searchLoggedModels } from "./index";
import { memberOf, pointsOf } from "./testing";
import { writeMetrics } from "./write-metrics";

const TEAM = "team_before";

it("points, parameters and traffic of an earlier release are there after the upgrade, once", async () => {
  const database = await migratedBefore("tracking_at_scale");
  const { client, db } = database;
  try {
    await client.query(`
      insert into experiments (team_id, name, created_by) values ('${TEAM}', 'old', 'usr_1');
      insert into runs (id, team_id, experiment_id, name, status, user_id, start_ms) values ('run1', '${TEAM}', 1, 'one', 'RUNNING', 'usr_1', 42);
      insert into logged_models (id, team_id, experiment_id, source_run_id, name, created_by) values ('m-1', '${TEAM}', 1, 'run1', 'tree', 'usr_1');
      insert into run_params (run_id, key, value) values ('run1', 'lr', '0.1');
      insert into run_metrics (run_id, key, step, timestamp_ms, value, is_nan, model_id, dataset_name, dataset_digest)
        select 'run1', 'loss', n, 1000 + n, 1.0 / n, false, '', null, null from generate_series(1, 500) n
        union all values ('run1', 'loss', 3, 2000, 9, false, '', null, null), ('run1', 'loss', 3, 2000, 0, true, '', null, null),
          ('run1', 'loss', 500, 1500, 0.002, false, 'm-1', 'holdout', 'd1'), ('run1', 'auc', 0, 7, 0.5, false, 'm-1', null, null),
          ('run1', 'peak', 0, 7, 1.7976931348623157e308, false, '', null, null);
      insert into run_latest_metrics (run_id, key, step, timestamp_ms, value, is_nan)
        values ('run1', 'loss', 500, 1500, 0.002, false), ('run1', 'auc', 0, 7, 0.5, false), ('run1', 'peak', 0, 7, 1.7976931348623157e308, false);
      insert into traffic_seconds (deployment_id, version_id, arm, second, requests) values ('dep_1', 'mv_1', 'stable', 100, 1), ('dep_1', 'mv_1', 'canary', 90, 2)`);
    expect((await migrateDatabase(database.ownerUrl)).applied).toBeGreaterThan(0);

    const caller = { actor: memberOf(TEAM), db };
    expect(await pointsOf(db, "run1")).toHaveLength(505);
    expect(await metricKeys.execute(caller, { runId: "run1" })).toEqual([
      { key: "auc", points: 1, min: 0.5, max: 0.5, nanCount: 0 },
      { key: "loss", points: 502, min: 0.002, max: 9, nanCount: 1 },
      { key: "peak", points: 1, min: Number.MAX_VALUE, max: Number.MAX_VALUE, nanCount: 0 },
    ]);
    const history = await metricHistory.execute(caller, { runId: "run1", key: "loss" });
    expect(
      history.items.slice(2, 6).map(({ step, timestampMs, isNan }) => [step, timestampMs, isNan]),
    ).toEqual([
      [3, 1003, false],
      [3, 2000, false],
      [3, 2000, true],
      [4, 1004, false],
    ]);
    const [curve] = await metricSeries.execute(caller, { runIds: ["run1"], key: "loss" });
    expect(curve).toMatchObject({ total: 502, gaps: 1 });
    const models = await searchLoggedModels.execute(caller, { experimentIds: ["1"] });
    expect(models.items[0]?.metrics.map(({ key, datasetName, value }) => [key, datasetName, value])).toEqual([
      ["auc", null, 0.5],
      ["loss", "holdout", 0.002],
    ]);
    const one = async (text: string) => (await client.query<Record<string, unknown>>(text)).rows[0];
    expect(
      await one(
        "select experiment_id, start_ms::int, gaps::int, first_ms::int from run_latest_metrics where key = 'peak'",
      ),
    ).toEqual({
      experiment_id: 1,
      start_ms: 42,
      gaps: 1,
      first_ms: 7,
    });
    expect(await one("select experiment_id, start_ms::int from run_params")).toEqual({
      experiment_id: 1,
      start_ms: 42,
    });

    // The same request again, and a new one: the earlier points are known.
    const metrics = [
      { key: "loss", step: 3, timestamp: 2000, value: 9 },
      { key: "loss", step: 500, timestamp: 1500, value: 0.002 },
      { key: "loss", step: 501, timestamp: 1501, value: 0.001 },
    ];
    await writeMetrics(db, [{ runId: "run1", teamId: TEAM, metrics }]);
    expect(await pointsOf(db, "run1")).toHaveLength(506);

    expect(
      await one("select count(*)::int as n, sum(requests)::int as requests from traffic_seconds"),
    ).toEqual({ n: 2, requests: 3 });
    expect(await one("select version_id, second::int from first_traffic")).toEqual({
      version_id: "mv_1",
      second: 90,
    });
    expect(
      await one("select count(*)::int as n from pg_inherits where inhparent = 'traffic_seconds'::regclass"),
    ).toEqual({ n: 2 });
    await client.query(`insert into traffic_seconds (deployment_id, version_id, arm, second, requests) values ('dep_1', 'mv_1', 'stable', 100, 1)
      on conflict (deployment_id, version_id, arm, rollout_id, stage, second) do update set requests = traffic_seconds.requests + 1`);
    expect(await one("select requests from traffic_seconds where second = 100")).toEqual({ requests: 2 });
  } finally {
    await database.close();
  }
});
