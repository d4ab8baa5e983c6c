import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { transaction } from "@/server/core/tell";
import { applyOutcomes, nameOfRow, type GivenOutcome } from "./apply-outcomes";
import { judgeRow, PREDICTION_COLUMNS, type KnownPrediction } from "./labelled-predictions";
import { PENDING_MS, UNNAMED_ROW } from "../rules";
import { TrafficTally } from "@/server/serving";

interface Joined extends KnownPrediction {
  row_index: number;
  value: string;
  given_by: string;
  given_at: string;
}

/**
 * Takes waiting feedback whose prediction is there now, writes it as feedback and counts it, together with what `tally` holds. Feedback that
 * cannot be compared with its prediction is dropped. `ids` narrows to new predictions; left out, all that wait.
 */
export async function joinPending(db: Db, tally: TrafficTally, ids?: readonly string[]): Promise<number> {
  const { rows } = await db.execute<Joined>(sql`
    with taken as (
      delete from pending_feedback f using predictions p
      where p.id = f.prediction_id and p.team_id = f.team_id ${ids ? sql`and f.prediction_id = any(${sql.param(ids)}::text[])` : sql``}
      returning f.prediction_id, f.row_index, f.value, f.given_by, f.at as given_at
    )
    select t.row_index, t.value, t.given_by, t.given_at, ${PREDICTION_COLUMNS}
    from taken t join predictions p on p.id = t.prediction_id`);
  const given = new Map<string, GivenOutcome>();
  for (const row of rows.toSorted((a, b) => Date.parse(a.given_at) - Date.parse(b.given_at))) {
    const named = row.row_index === UNNAMED_ROW ? undefined : row.row_index;
    const judged = judgeRow(row, named, row.value);
    if ("problem" in judged) continue;
    const at = new Date(row.given_at);
    given.set(nameOfRow(judged.row), {
      ...judged.judged,
      row: judged.row,
      value: row.value,
      givenBy: row.given_by,
      at,
    });
  }
  const applied = await applyOutcomes(db, [...given.values()], tally);
  return [...applied.values()].filter((each) => each !== "unchanged").length;
}

/**
 * Joins feedback and predictions that were written at the same moment, so that neither transaction saw the other, and forgets
 * feedback whose prediction never came.
 */
export async function sweepPending(db: Db, now: Date): Promise<{ joined: number; forgotten: number }> {
  return transaction(db, async (tx) => {
    const joined = await joinPending(tx, new TrafficTally());
    const oldest = new Date(now.getTime() - PENDING_MS);
    const gone = await tx.execute(sql`delete from pending_feedback where at < ${oldest.toISOString()}`);
    return { joined, forgotten: gone.rowCount ?? 0 };
  });
}
