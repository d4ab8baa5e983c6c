import { sql } from "drizzle-orm";
import {
  bigint,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { at } from "./core";

/** An endpoint in one environment: the name in `/v2/models/<name>`. */
export const deployments = pgTable(
  "deployments",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    name: text("name").notNull(),
    modelId: text("model_id").notNull(),
    /** staging | production */
    environment: text("environment").notNull(),
    stableVersionId: text("stable_version_id"),
    previousVersionId: text("previous_version_id"),
    /** Requests slower than this count as slow. */
    latencyBoundMs: doublePrecision("latency_bound_ms").notNull().default(100),
    feedbackTarget: text("feedback_target"),
    ownerId: text("owner_id").notNull(),
    /** Raised by every change of routing; the gateway takes the newest. */
    generation: integer("generation").notNull().default(1),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
    retiredAt: at("retired_at"),
  },
  (t) => [
    // By team: another team's names neither stand in the way nor show.
    uniqueIndex("deployments_name").on(t.teamId, t.name),
    index("deployments_team").on(t.teamId, t.updatedAt, t.id),
    index("deployments_model").on(t.modelId),
  ],
);

export const rollouts = pgTable(
  "rollouts",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    deploymentId: text("deployment_id")
      .notNull()
      .references(() => deployments.id),
    fromVersionId: text("from_version_id"),
    toVersionId: text("to_version_id").notNull(),
    /** pending | running | paused | promoting | succeeded | rolling_back | rolled_back | aborted */
    state: text("state").notNull().default("pending"),
    stateReason: text("state_reason").notNull().default(""),
    stages: jsonb("stages").$type<unknown>().notNull(),
    criteria: jsonb("criteria").$type<unknown>().notNull(),
    stageIndex: integer("stage_index").notNull().default(0),
    stageStartedAt: at("stage_started_at"),
    /** Share of traffic on the canary now, percent. */
    sharePercent: integer("share_percent").notNull().default(0),
    /** Failed canary requests in a row, kept by whoever stores the predictions. */
    consecutiveFailures: integer("consecutive_failures").notNull().default(0),
    /** Time spent paused in the current stage, taken off its clock. */
    pausedMs: bigint("paused_ms", { mode: "number" }).notNull().default(0),
    pausedAt: at("paused_at"),
    /** Smallest p per metric: the memory of the sequential test. */
    evidence: jsonb("evidence").$type<unknown>().notNull().default({}),
    /** Latest verdict of the decision rule, as shown on the chart. */
    verdict: jsonb("verdict").$type<unknown>(),
    createdBy: text("created_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    finishedAt: at("finished_at"),
    /** Until when the promoted version is compared with the one before it; null: it is not. Going back ends it. */
    watchUntil: at("watch_until"),
  },
  (t) => [
    index("rollouts_deployment").on(t.deploymentId, t.createdAt),
    index("rollouts_state").on(t.state),
    index("rollouts_team_finished")
      .on(t.teamId, t.finishedAt)
      .where(sql`finished_at is not null`),
  ],
);

export const rolloutEvents = pgTable(
  "rollout_events",
  {
    id: text("id").primaryKey(),
    rolloutId: text("rollout_id").notNull(),
    /** Same key, one event: steps that are done twice write once. */
    dedupKey: text("dedup_key").notNull(),
    kind: text("kind").notNull(),
    text: text("text").notNull(),
    detail: jsonb("detail").$type<unknown>().notNull(),
    actorId: text("actor_id").notNull(),
    at: at("at").notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("rollout_events_dedup").on(t.rolloutId, t.dedupKey),
    index("rollout_events_at").on(t.rolloutId, t.at),
  ],
);

/** Each time a version lost the requests it had been given: what a person who deploys it again should know. */
export const setbacks = pgTable(
  "setbacks",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    deploymentId: text("deployment_id").notNull(),
    environment: text("environment").notNull(),
    versionId: text("version_id").notNull(),
    /** Null where the deployment was rolled back after the rollout had ended. */
    rolloutId: text("rollout_id"),
    reason: text("reason").notNull(),
    at: at("at").notNull(),
  },
  (t) => [
    index("setbacks_version").on(t.versionId, t.environment, t.at),
    uniqueIndex("setbacks_rollout").on(t.rolloutId),
  ],
);

/**
 * One row per deployment, version and second: what the live chart and the decision rule read. Partitioned by day (its migration and
 * db/sql/26-number-partitions.sql), so that old days are dropped whole.
 */
export const trafficSeconds = pgTable(
  "traffic_seconds",
  {
    deploymentId: text("deployment_id").notNull(),
    versionId: text("version_id").notNull(),
    /** stable | canary */
    arm: text("arm").notNull(),
    rolloutId: text("rollout_id").notNull().default(""),
    /** Stage of the rollout that the route named; -1 outside one. */
    stage: integer("stage").notNull().default(-1),
    second: bigint("second", { mode: "number" }).notNull(),
    requests: integer("requests").notNull().default(0),
    errors: integer("errors").notNull().default(0),
    slow: integer("slow").notNull().default(0),
    feedback: integer("feedback").notNull().default(0),
    correct: integer("correct").notNull().default(0),
    /** Labelled predictions of a number, whose distance e from the outcome is summed in the next four. */
    measured: integer("measured").notNull().default(0),
    absErrorSum: doublePrecision("abs_error_sum").notNull().default(0),
    squaredErrorSum: doublePrecision("squared_error_sum").notNull().default(0),
    fourthErrorSum: doublePrecision("fourth_error_sum").notNull().default(0),
    /** Answered rows with a confidence (the largest probability the model gave), and its sum. */
    scored: integer("scored").notNull().default(0),
    scoreSum: doublePrecision("score_sum").notNull().default(0),
    latencySumMs: doublePrecision("latency_sum_ms").notNull().default(0),
    latencyMaxMs: doublePrecision("latency_max_ms").notNull().default(0),
    /** Counts per latency bucket (log scale), index → count. */
    latencyBuckets: jsonb("latency_buckets").$type<Record<string, number>>().notNull().default({}),
  },
  (t) => [
    primaryKey({ columns: [t.deploymentId, t.versionId, t.arm, t.rolloutId, t.stage, t.second] }),
    index("traffic_rollout").on(t.rolloutId, t.second),
  ],
);

/** When a version was first asked in a deployment: kept when it happens, for nobody can read all seconds to find it. */
export const firstTraffic = pgTable(
  "first_traffic",
  {
    versionId: text("version_id").notNull(),
    deploymentId: text("deployment_id").notNull(),
    second: bigint("second", { mode: "number" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.versionId, t.deploymentId] })],
);
