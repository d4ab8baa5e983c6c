import { inArray, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { groupBy } from "@/server/core/group-by";
import { notifyLive } from "@/server/core/live";
import { transaction } from "@/server/core/tell";
import { bucketOf } from "@/server/serving/rules";
import { joinPending } from "../outcomes/pending-feedback";
import { failureRun, isFailure, isRefused } from "../rules";
import type { PredictionRecord } from "../schemas";
import { storableJson } from "./storable";
import { countFailures, keyOfPrediction, readableDeployments, TrafficTally } from "@/server/serving";
import { deploymentTopic, rolloutTopic } from "@/server/serving/kinds";
import { monitoringTopic } from "../kinds";
import type { Topic } from "@/server/plates/topic";

export interface Stored {
  /** Rows that were new; only they were counted. */
  stored: number;
  /** Rows that an earlier delivery had stored. */
  duplicates: number;
}

/** Inserts what is new, in order of id. Returns the new ids. The records go as one JSON text, which is made once; arrays would be quoted value by value. */
async function insertNew(db: Db, batch: readonly PredictionRecord[]): Promise<Set<string>> {
  const { rows } = await db.execute<{ id: string }>(sql`
    insert into predictions (id, team_id, deployment_id, version_id, rollout_id, arm, stage, route_digest, at,
      latency_ms, status, error, inputs, outputs, parameters, predicted, datatype, rows, predicted_rows, trace_id)
    select id, "teamId", "deploymentId", "versionId", "rolloutId", arm, stage, "routeDigest", to_timestamp("atMs" / 1000),
      "latencyMs", status, error, inputs, outputs, parameters, predicted, datatype, rows, "predictedRows", "traceId"
    from json_to_recordset(${storableJson(batch)}) as r(id text, "teamId" text, "deploymentId" text, "versionId" text,
      "rolloutId" text, arm text, stage int, "routeDigest" text, "atMs" float8, "latencyMs" float8, status int, error text,
      inputs jsonb, outputs jsonb, parameters jsonb, predicted text, datatype text, rows int, "predictedRows" jsonb, "traceId" text)
    order by id
    on conflict (id, at) do nothing returning id`);
  return new Set(rows.map((row) => row.id));
}

async function latencyBounds(db: Db, ids: string[]): Promise<Map<string, number>> {
  const rows = await db
    .select({ id: readableDeployments.id, boundMs: readableDeployments.latencyBoundMs })
    .from(readableDeployments)
    .where(inArray(readableDeployments.id, ids));
  return new Map(rows.map((row) => [row.id, row.boundMs]));
}

function count(tally: TrafficTally, record: PredictionRecord, boundMs: number | undefined): void {
  const counts = tally.at(keyOfPrediction(record));
  const bucket = bucketOf(record.latencyMs);
  counts.requests += 1;
  if (isFailure(record)) counts.errors += 1;
  if (boundMs !== undefined && record.latencyMs > boundMs) counts.slow += 1;
  counts.scored += record.scored;
  counts.scoreSum += record.scoreSum;
  counts.latencySumMs += record.latencyMs;
  counts.latencyMaxMs = Math.max(counts.latencyMaxMs, record.latencyMs);
  counts.latencyBuckets[bucket] = (counts.latencyBuckets[bucket] ?? 0) + 1;
}

/** Keeps the canary's failures in a row, which the rollout's emergency brake reads. */
async function keepFailureRuns(db: Db, fresh: readonly PredictionRecord[]): Promise<void> {
  const canary = fresh.filter(
    (record) => record.arm === "canary" && record.rolloutId !== "" && !isRefused(record),
  );
  const byRollout = groupBy(canary, (record) => record.rolloutId);
  for (const id of [...byRollout.keys()].toSorted()) {
    const records = (byRollout.get(id) ?? []).toSorted((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
    const run = failureRun(records.map(isFailure));
    if (!run.reset && run.added === 0) continue;
    await countFailures(db, id, run);
  }
}

async function tellPages(db: Db, fresh: readonly PredictionRecord[]): Promise<void> {
  const topics = new Map<string, Set<Topic>>();
  for (const record of fresh) {
    const own = topics.get(record.teamId) ?? new Set([monitoringTopic]);
    own.add(deploymentTopic(record.deploymentId));
    if (record.rolloutId !== "") own.add(rolloutTopic(record.rolloutId));
    topics.set(record.teamId, own);
  }
  for (const [teamId, own] of topics) await notifyLive(db, teamId, ...own);
}

/**
 * Stores what the gateways' spools deliver, in one transaction. Spools deliver at least once; a prediction is counted once, because
 * only rows that were new are counted. Feedback that came before its prediction is joined to it here.
 */
export async function storePredictions(db: Db, batch: readonly PredictionRecord[]): Promise<Stored> {
  // One statement cannot insert the same id twice.
  const unique = [...new Map(batch.map((record) => [record.id, record])).values()];
  if (unique.length === 0) return { stored: 0, duplicates: 0 };
  return transaction(db, async (tx) => {
    const newIds = await insertNew(tx, unique);
    const fresh = unique.filter((record) => newIds.has(record.id));
    if (fresh.length > 0) {
      const bounds = await latencyBounds(tx, [...new Set(fresh.map((record) => record.deploymentId))]);
      const tally = new TrafficTally();
      for (const record of fresh)
        if (!isRefused(record)) count(tally, record, bounds.get(record.deploymentId));
      await joinPending(tx, tally, [...newIds]);
      await keepFailureRuns(tx, fresh);
      await tellPages(tx, fresh);
    }
    return { stored: fresh.length, duplicates: batch.length - fresh.length };
  });
}
