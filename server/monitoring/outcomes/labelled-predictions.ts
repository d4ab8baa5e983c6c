import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import type { LabelledRow } from "./apply-outcomes";
import { judge, type Judged } from "./outcomes";

/** What of a prediction decides whether an outcome can be compared with it. Selected by `PREDICTION_COLUMNS`. */
export interface KnownPrediction extends Record<string, unknown> {
  id: string;
  team_id: string;
  deployment_id: string;
  version_id: string;
  arm: string;
  rollout_id: string;
  stage: number;
  at_ms: number;
  predicted: string | null;
  datatype: string;
  rows: number;
  predicted_rows: unknown;
}

export const PREDICTION_COLUMNS: SQL = sql`p.id, p.team_id, p.deployment_id, p.version_id, p.arm, p.rollout_id, p.stage,
  round(extract(epoch from p.at) * 1000)::float8 as at_ms, p.predicted, p.datatype, p.rows, p.predicted_rows`;

const PredictedRows = z
  .array(z.union([z.string(), z.array(z.string())]))
  .nullable()
  .catch(null);

const NOTHING = "This request gave no prediction to compare an outcome with.";

/** The outcome of a row against what was predicted for it, or why it cannot be compared. */
export function judgeRow(
  prediction: KnownPrediction,
  rowIndex: number | undefined,
  value: string,
): { row: LabelledRow; judged: Judged } | { problem: string } {
  const { rows } = prediction;
  if (rowIndex === undefined && rows > 1) {
    return {
      problem: `This request had ${rows} rows. Name one as ${prediction.id}.0 to ${prediction.id}.${rows - 1}.`,
    };
  }
  const index = rowIndex ?? 0;
  if (index >= rows)
    return { problem: `This request had ${rows} ${rows === 1 ? "row" : "rows"}, counted from 0.` };
  const all = PredictedRows.parse(prediction.predicted_rows);
  const predicted = all ? all[index] : prediction.predicted;
  if (all && predicted === undefined)
    return { problem: `Only the first ${all.length} rows of a request are kept to be compared.` };
  if (predicted === null || predicted === undefined) return { problem: NOTHING };
  const judged = judge(predicted, value, prediction.datatype);
  if (!judged)
    return { problem: `${predicted.length} values were predicted for this row. Send as many, as a list.` };
  return {
    judged,
    row: {
      predictionId: prediction.id,
      rowIndex: index,
      teamId: prediction.team_id,
      deploymentId: prediction.deployment_id,
      versionId: prediction.version_id,
      rolloutId: prediction.rollout_id,
      arm: prediction.arm,
      stage: prediction.stage,
      atMs: prediction.at_ms,
      datatype: prediction.datatype,
    },
  };
}
