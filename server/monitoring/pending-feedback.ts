import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { isSameOutcome, PENDING_MS } from "./rules";
import { keyOfPrediction, TrafficTally } from "./traffic";

interface Joined extends Record<string, unknown> {
  prediction_id: string;
  team_id: string;
  value: string;
  given_by: string;
  at: string;
  deployment_id: string;
  version_id: string;
  arm: string;
  rollout_id: string;
  stage: number;
  at_ms: number;
  predicted: string | null;
}

/**
 * Takes waiting feedback whose prediction is there now, writes it as feedback and counts it in `tally`. Feedback on a prediction
 * without a value to compare is dropped. `ids` narrows to new predictions; left out, all that wait.
 */
export async function joinPending(db: Db, tally: TrafficTally, ids?: readonly string[]): Promise<number> {
  const { rows } = await db.execute<Joined>(sql`
    with taken as (
      delete from pending_feedback f using predictions p
      where p.id = f.prediction_id and p.team_id = f.team_id ${ids ? sql`and f.prediction_id = any(${sql.param(ids)}::text[])` : sql``}
      returning f.prediction_id, f.team_id, f.value, f.given_by, f.at
    )
    select t.*, p.deployment_id, p.version_id, p.arm, p.rollout_id, p.stage, extract(epoch from p.at)::float8 * 1000 as at_ms, p.predicted
    from taken t join predictions p on p.id = t.prediction_id`);
  const usable = rows.flatMap((row) =>
    row.predicted === null ? [] : [{ ...row, correct: isSameOutcome(row.predicted, row.value) }],
  );
  if (usable.length === 0) return 0;
  const column = <T>(pick: (row: (typeof usable)[number]) => T) => sql.param(usable.map(pick));
  const { rows: added } = await db.execute<{ id: string }>(sql`
    insert into feedback (prediction_id, team_id, deployment_id, version_id, rollout_id, arm, stage, prediction_at, value, is_correct, given_by, at)
    select p.id, p.team_id, p.deployment_id, p.version_id, p.rollout_id, p.arm, p.stage, p.at, r.value, r.correct, r.given_by, r.at
    from unnest(${column((row) => row.prediction_id)}::text[], ${column((row) => row.value)}::text[],
      ${column((row) => row.correct)}::bool[], ${column((row) => row.given_by)}::text[],
      ${column((row) => new Date(row.at).toISOString())}::timestamptz[]) as r(id, value, correct, given_by, at)
    join predictions p on p.id = r.id
    on conflict (prediction_id, row_index) do nothing returning prediction_id as id`);
  const fresh = new Set(added.map((row) => row.id));
  for (const row of usable) {
    if (!fresh.has(row.prediction_id)) continue;
    const counts = tally.at(
      keyOfPrediction({
        deploymentId: row.deployment_id,
        versionId: row.version_id,
        arm: row.arm,
        rolloutId: row.rollout_id,
        stage: row.stage,
        atMs: row.at_ms,
      }),
    );
    counts.feedback += 1;
    if (row.correct) counts.correct += 1;
  }
  return fresh.size;
}

/**
 * Joins feedback and predictions that were written at the same moment, so that neither transaction saw the other, and forgets
 * feedback whose prediction never came.
 */
export async function sweepPending(db: Db, now: Date): Promise<{ joined: number; forgotten: number }> {
  return db.transaction(async (tx) => {
    const tally = new TrafficTally();
    const joined = await joinPending(tx, tally);
    await tally.write(tx);
    const oldest = new Date(now.getTime() - PENDING_MS);
    const gone = await tx.execute(sql`delete from pending_feedback where at < ${oldest.toISOString()}`);
    return { joined, forgotten: gone.rowCount ?? 0 };
  });
}
