import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { groupBy } from "@/server/core/group-by";
import { isSameOutcome, type Judged } from "./outcomes";
import { keyOfPrediction, setOutcomes, type TrafficKey, type TrafficTally } from "@/server/serving";

/** The row of a prediction that an outcome belongs to, as it is stored. */
export interface LabelledRow {
  predictionId: string;
  rowIndex: number;
  teamId: string;
  deploymentId: string;
  versionId: string;
  rolloutId: string;
  arm: string;
  stage: number;
  atMs: number;
  datatype: string;
}

export interface GivenOutcome extends Judged {
  row: LabelledRow;
  value: string;
  givenBy: string;
  at: Date;
}

export type Applied = "recorded" | "unchanged" | "corrected";

export const nameOfRow = (row: { predictionId: string; rowIndex: number }): string =>
  `${row.predictionId}.${row.rowIndex}`;

interface Known extends Record<string, unknown> {
  prediction_id: string;
  row_index: number;
  value: string;
}

const columnsOf =
  <Row>(rows: readonly Row[]) =>
  <T>(pick: (row: Row) => T) =>
    sql.param(rows.map(pick));

async function insertNew(db: Db, given: readonly GivenOutcome[]): Promise<Set<string>> {
  const column = columnsOf(given);
  const { rows } = await db.execute<Known>(sql`
    insert into feedback (prediction_id, row_index, team_id, deployment_id, version_id, rollout_id, arm, stage, prediction_at,
      value, is_correct, abs_error, given_by, at)
    select id, row_index, team, deployment, version, rollout, arm, stage, to_timestamp(at_ms / 1000), value, correct, abs_error, given_by, at
    from unnest(
      ${column(({ row }) => row.predictionId)}::text[], ${column(({ row }) => row.rowIndex)}::int[],
      ${column(({ row }) => row.teamId)}::text[], ${column(({ row }) => row.deploymentId)}::text[],
      ${column(({ row }) => row.versionId)}::text[], ${column(({ row }) => row.rolloutId)}::text[],
      ${column(({ row }) => row.arm)}::text[], ${column(({ row }) => row.stage)}::int[],
      ${column(({ row }) => row.atMs)}::float8[], ${column((each) => each.value)}::text[],
      ${column((each) => each.correct)}::bool[], ${column((each) => each.absError)}::float8[],
      ${column((each) => each.givenBy)}::text[], ${column((each) => each.at.toISOString())}::timestamptz[]
    ) as r(id, row_index, team, deployment, version, rollout, arm, stage, at_ms, value, correct, abs_error, given_by, at)
    order by id, row_index
    on conflict (prediction_id, row_index) do nothing returning prediction_id, row_index, value`);
  return new Set(rows.map((row) => nameOfRow({ predictionId: row.prediction_id, rowIndex: row.row_index })));
}

/** What was told before, locked until the transaction ends, so that two corrections follow one another. */
async function lockKnown(db: Db, rows: readonly LabelledRow[]): Promise<Map<string, string>> {
  if (rows.length === 0) return new Map();
  const column = columnsOf(rows);
  const found = await db.execute<Known>(sql`
    select f.prediction_id, f.row_index, f.value from feedback f
    join unnest(${column((row) => row.predictionId)}::text[], ${column((row) => row.rowIndex)}::int[]) as r(id, row_index)
      on f.prediction_id = r.id and f.row_index = r.row_index
    order by f.prediction_id, f.row_index for update of f`);
  return new Map(
    found.rows.map((row) => [
      nameOfRow({ predictionId: row.prediction_id, rowIndex: row.row_index }),
      row.value,
    ]),
  );
}

async function replace(db: Db, given: readonly GivenOutcome[]): Promise<void> {
  const column = columnsOf(given);
  const wanted = sql`unnest(
      ${column(({ row }) => row.predictionId)}::text[], ${column(({ row }) => row.rowIndex)}::int[], ${column((each) => each.value)}::text[],
      ${column((each) => each.correct)}::bool[], ${column((each) => each.absError)}::float8[], ${column((each) => each.givenBy)}::text[],
      ${column((each) => each.at.toISOString())}::timestamptz[]) as r(id, row_index, value, correct, abs_error, given_by, at)`;
  await db.execute(sql`
    insert into feedback_revisions (prediction_id, row_index, revision, team_id, value, is_correct, abs_error, given_by, at, prediction_at)
    select f.prediction_id, f.row_index, f.revision, f.team_id, f.value, f.is_correct, f.abs_error, f.given_by, f.at, f.prediction_at
    from feedback f join ${wanted} on f.prediction_id = r.id and f.row_index = r.row_index`);
  await db.execute(sql`
    update feedback f set value = r.value, is_correct = r.correct, abs_error = r.abs_error, given_by = r.given_by, at = r.at,
      revision = f.revision + 1
    from ${wanted} where f.prediction_id = r.id and f.row_index = r.row_index`);
}

/**
 * Counts the outcomes of these seconds anew. Taking a wrong outcome out of a sum of doubles again would leave what rounding made of it (and
 * nothing of the others, had it been huge). The rows of `traffic_seconds` are locked by the tally, so whoever adds comes before or after.
 */
async function recount(db: Db, keys: readonly TrafficKey[]): Promise<void> {
  const column = columnsOf(keys);
  await setOutcomes(
    db,
    keys,
    sql`
      select k.*, count(*)::int as n, count(*) filter (where f.is_correct)::int as correct, count(f.abs_error)::int as measured,
        coalesce(sum(f.abs_error), 0) as e1, coalesce(sum(f.abs_error ^ 2), 0) as e2, coalesce(sum(f.abs_error ^ 4), 0) as e4
      from unnest(${column((key) => key.deploymentId)}::text[], ${column((key) => key.versionId)}::text[],
        ${column((key) => key.arm)}::text[], ${column((key) => key.rolloutId)}::text[], ${column((key) => key.stage)}::int[],
        ${column((key) => key.second)}::bigint[]) as k(deployment_id, version_id, arm, rollout_id, stage, second)
      join feedback f on f.deployment_id = k.deployment_id and f.version_id = k.version_id and f.arm = k.arm
        and f.rollout_id = k.rollout_id and f.stage = k.stage
        and f.prediction_at >= to_timestamp(k.second) and f.prediction_at < to_timestamp(k.second + 1)
      group by k.deployment_id, k.version_id, k.arm, k.rollout_id, k.stage, k.second`,
  );
}

const nameOfKey = (key: TrafficKey) =>
  [key.deploymentId, key.versionId, key.arm, key.rolloutId, key.stage, key.second].join("\n");

/**
 * Writes outcomes and counts them, in the caller's transaction: a new one once, a corrected one instead of what it was (kept as a revision),
 * the same one again not at all. `tally` may hold other counts; it is written here. One outcome a row.
 */
export async function applyOutcomes(
  db: Db,
  given: readonly GivenOutcome[],
  tally: TrafficTally,
): Promise<Map<string, Applied>> {
  const result = new Map<string, Applied>();
  if (given.length === 0) {
    await tally.write(db);
    return result;
  }
  const added = await insertNew(db, given);
  const rest = given.filter((each) => !added.has(nameOfRow(each.row)));
  const known = await lockKnown(
    db,
    rest.map((each) => each.row),
  );
  const corrected = rest.filter((each) => {
    const before = known.get(nameOfRow(each.row));
    return before !== undefined && !isSameOutcome(before, each.value, each.row.datatype);
  });
  for (const each of given) result.set(nameOfRow(each.row), "unchanged");
  for (const each of corrected) result.set(nameOfRow(each.row), "corrected");
  for (const each of given) {
    if (!added.has(nameOfRow(each.row))) continue;
    result.set(nameOfRow(each.row), "recorded");
    const counts = tally.at(keyOfPrediction(each.row));
    counts.feedback += 1;
    if (each.correct) counts.correct += 1;
    if (each.absError === null) continue;
    counts.measured += 1;
    counts.absErrorSum += each.absError;
    counts.squaredErrorSum += each.absError ** 2;
    counts.fourthErrorSum += each.absError ** 4;
  }
  const keys = [
    ...groupBy(
      corrected.map((each) => keyOfPrediction(each.row)),
      nameOfKey,
    ).values(),
  ].flatMap(([key]) => (key ? [key] : []));
  // Adds nothing to them and locks them, in the one order that all writers keep.
  for (const key of keys) tally.at(key);
  if (corrected.length > 0) await replace(db, corrected);
  await tally.write(db);
  if (keys.length > 0) await recount(db, keys);
  return result;
}
