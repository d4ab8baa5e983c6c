import { sql } from "drizzle-orm";
import type { z } from "zod";
import type { Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { applyOutcomes, nameOfRow, type Applied, type GivenOutcome } from "./apply-outcomes";
import { judgeRow, PREDICTION_COLUMNS, type KnownPrediction } from "./labelled-predictions";
import { isSameOutcome, parseRowId } from "./outcomes";
import { mayStillArrive, UNNAMED_ROW } from "../rules";
import { RecordFeedbackInput, type FeedbackOutcome, type FeedbackResult } from "../schemas";
import { storableText } from "../recording/storable";
import { TrafficTally } from "@/server/serving";
import { deploymentTopic, rolloutTopic } from "@/server/serving/kinds";
import { monitoringTopic } from "../kinds";
import type { Topic } from "@/server/plates/topic";

type Entry = z.output<typeof RecordFeedbackInput>["items"][number];
type Verdict = Omit<FeedbackResult, "predictionId">;

/** An outcome that counts: the last that the call gives for its row. */
interface Wanted {
  predictionId: string;
  row: number | undefined;
  value: string;
  item: Entry;
}

async function loadPredictions(ctx: Ctx, ids: readonly string[]): Promise<Map<string, KnownPrediction>> {
  const { rows } = await ctx.db.execute<KnownPrediction>(sql`
    select ${PREDICTION_COLUMNS} from predictions p
    where p.team_id = ${ctx.actor.teamId} and p.id = any(${sql.param(ids)}::text[])`);
  return new Map(rows.map((row) => [row.id, row]));
}

type Predictions = ReadonlyMap<string, KnownPrediction>;

/** The row that an item names; a prediction of one row is that row. */
function nameOf(item: Entry, predictions: Predictions) {
  const { predictionId, row } = parseRowId(item.predictionId);
  const named = row ?? (predictions.get(predictionId)?.rows === 1 ? 0 : undefined);
  return {
    predictionId,
    row: named,
    key: nameOfRow({ predictionId, rowIndex: named ?? UNNAMED_ROW }),
  };
}

const usable = (items: readonly Entry[]) => items.filter((item) => item.problem === undefined);

function lastOfEachRow(items: readonly Entry[], predictions: Predictions): Map<string, Wanted> {
  return new Map(
    usable(items).map((item) => {
      const { key, ...named } = nameOf(item, predictions);
      return [key, { ...named, item, value: storableText(item.value) }];
    }),
  );
}

/** Keeps outcomes of predictions that are still on their way; a later one replaces an earlier one. */
async function insertPending(ctx: Ctx, early: readonly Wanted[]): Promise<void> {
  if (early.length === 0) return;
  const column = <T>(pick: (each: Wanted) => T) => sql.param(early.map(pick));
  await ctx.db.execute(sql`
    insert into pending_feedback as f (prediction_id, row_index, team_id, value, given_by, at)
    select r.id, r.row_index, ${ctx.actor.teamId}, r.value, ${ctx.actor.userId}, ${ctx.now().toISOString()}::timestamptz
    from unnest(${column((each) => each.predictionId)}::text[], ${column((each) => each.row ?? UNNAMED_ROW)}::int[],
      ${column((each) => each.value)}::text[]) as r(id, row_index, value)
    order by r.id, r.row_index
    on conflict (team_id, prediction_id, row_index) do update set value = excluded.value, given_by = excluded.given_by, at = excluded.at
    where f.value <> excluded.value`);
}

interface Sorted {
  given: GivenOutcome[];
  early: Wanted[];
  /** By row: why it cannot be used. */
  refused: Map<string, Verdict>;
}

function sortOut(ctx: Ctx, wanted: ReadonlyMap<string, Wanted>, predictions: Predictions): Sorted {
  const sorted: Sorted = { given: [], early: [], refused: new Map() };
  const nowMs = ctx.now().getTime();
  for (const [key, each] of wanted) {
    const prediction = predictions.get(each.predictionId);
    if (!prediction) {
      if (mayStillArrive(each.predictionId, nowMs)) sorted.early.push(each);
      else
        sorted.refused.set(key, {
          outcome: "not_found",
          message: "This team has no prediction with this id, and none is on its way.",
        });
      continue;
    }
    const judged = judgeRow(prediction, each.row, each.value);
    if ("problem" in judged) sorted.refused.set(key, { outcome: "invalid", message: judged.problem });
    else
      sorted.given.push({
        ...judged.judged,
        row: judged.row,
        value: each.value,
        givenBy: ctx.actor.userId,
        at: ctx.now(),
      });
  }
  return sorted;
}

/** Tells each item what became of it. */
function answerer(
  predictions: Predictions,
  wanted: ReadonlyMap<string, Wanted>,
  sorted: Sorted,
  applied: ReadonlyMap<string, Applied>,
) {
  const given = new Map(sorted.given.map((each) => [nameOfRow(each.row), each]));
  const answered = new Set<string>();
  return (item: Entry): Verdict => {
    if (item.problem !== undefined) return { outcome: "invalid", message: item.problem };
    const { key } = nameOf(item, predictions);
    const refused = sorted.refused.get(key);
    if (refused) return refused;
    const last = wanted.get(key);
    const counted = given.get(key);
    if (last && last.item !== item) {
      if (!isSameOutcome(last.value, storableText(item.value), counted?.row.datatype ?? "BYTES"))
        return {
          outcome: "superseded",
          message: "A later item of this call gives another outcome, which counts.",
        };
    }
    if (!counted) return { outcome: "pending", message: "Kept until the prediction is stored." };
    const isRepeated = answered.has(key);
    answered.add(key);
    return {
      outcome: isRepeated ? "unchanged" : (applied.get(key) ?? "unchanged"),
      isCorrect: counted.correct,
      ...(counted.absError === null ? {} : { absError: counted.absError }),
    };
  };
}

function topicsOf(given: readonly GivenOutcome[], applied: ReadonlyMap<string, Applied>): Topic[] {
  const topics = new Set<Topic>();
  for (const { row } of given) {
    if (applied.get(nameOfRow(row)) === "unchanged") continue;
    topics.add(monitoringTopic).add(deploymentTopic(row.deploymentId));
    if (row.rolloutId !== "") topics.add(rolloutTopic(row.rolloutId));
  }
  return [...topics];
}

/**
 * Takes true outcomes by prediction id (or row of a batch) and compares them with what was predicted. The same outcome again changes
 * nothing; another one corrects it, and what was said before is kept. An item that cannot be used never drops the others. Feedback may
 * come before its prediction is stored and is joined to it when it lands.
 */
export const recordFeedback = mutation(
  {
    name: "monitoring.feedback.record",
    permission: "monitoring.feedback.write",
    input: RecordFeedbackInput,
    summary: "Report the true outcomes of predictions",
    audit: "none: telemetry; who gave which outcome is on the feedback row itself and on its revisions",
  },
  async ({ ctx, input }) => {
    const predictions = await loadPredictions(ctx, [
      ...new Set(usable(input.items).map((item) => parseRowId(item.predictionId).predictionId)),
    ]);
    const wanted = lastOfEachRow(input.items, predictions);
    const sorted = sortOut(ctx, wanted, predictions);
    const applied = await applyOutcomes(ctx.db, sorted.given, new TrafficTally());
    await insertPending(ctx, sorted.early);
    await notifyLive(ctx.db, ctx.actor.teamId, ...topicsOf(sorted.given, applied));
    const verdictOf = answerer(predictions, wanted, sorted, applied);
    const results = input.items.map((item): FeedbackResult => ({
      predictionId: item.predictionId,
      ...verdictOf(item),
    }));
    const summary: Record<FeedbackOutcome, number> = {
      recorded: 0,
      unchanged: 0,
      corrected: 0,
      superseded: 0,
      pending: 0,
      not_found: 0,
      invalid: 0,
    };
    for (const result of results) summary[result.outcome] += 1;
    return { summary, results };
  },
);
