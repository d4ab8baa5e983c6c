import { sql } from "drizzle-orm";
import {
  boolean,
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
import { bytea } from "./governance";

/**
 * Partitioned by week of `at` (its migration and db/sql/25-prediction-weeks.sql), so that old ones are dropped whole. The key includes the time because a
 * partitioned table demands it; an id belongs to one record, so it stays unique.
 */
export const predictions = pgTable(
  "predictions",
  {
    id: text("id").notNull(),
    teamId: text("team_id").notNull(),
    deploymentId: text("deployment_id").notNull(),
    versionId: text("version_id").notNull(),
    rolloutId: text("rollout_id").notNull().default(""),
    arm: text("arm").notNull(),
    stage: integer("stage").notNull().default(-1),
    /** Digest of the route that chose the version. */
    routeDigest: text("route_digest").notNull(),
    at: at("at").notNull(),
    latencyMs: doublePrecision("latency_ms").notNull(),
    status: integer("status").notNull(),
    error: text("error"),
    inputs: jsonb("inputs").$type<unknown>(),
    outputs: jsonb("outputs").$type<unknown>(),
    /** What the request set of the model's own parameters; null where it set none. */
    parameters: jsonb("parameters").$type<unknown>(),
    /** The class or value that feedback is compared with, as a person reads it; null for a batch and where there is none. */
    predicted: text("predicted"),
    /** Datatype of the output that feedback is compared with; it decides what counts as equal. Empty: unknown. */
    datatype: text("datatype").notNull().default(""),
    /** Rows of the request; each is a prediction of its own to feedback. */
    rows: integer("rows").notNull().default(1),
    /** What was predicted for each row, where one text does not say it: several rows, or several values of a row. */
    predictedRows: jsonb("predicted_rows").$type<unknown>(),
    traceId: text("trace_id"),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.at] }),
    index("predictions_deployment_at").on(t.deploymentId, t.at, t.id),
    index("predictions_version_at").on(t.versionId, t.at),
  ],
);

export const feedback = pgTable(
  "feedback",
  {
    predictionId: text("prediction_id").notNull(),
    /** Row of the request, from 0. */
    rowIndex: integer("row_index").notNull().default(0),
    teamId: text("team_id").notNull(),
    deploymentId: text("deployment_id").notNull(),
    // Where it is counted: the second, arm and stage of its prediction, so that a correction finds the same row of `traffic_seconds`.
    versionId: text("version_id").notNull(),
    rolloutId: text("rollout_id").notNull(),
    arm: text("arm").notNull(),
    stage: integer("stage").notNull(),
    predictionAt: at("prediction_at").notNull(),
    value: text("value").notNull(),
    isCorrect: boolean("is_correct").notNull(),
    /** Distance of a predicted number from its outcome; null where the difference of two values means nothing (classes). */
    absError: doublePrecision("abs_error"),
    /** How often the outcome was corrected. */
    revision: integer("revision").notNull().default(0),
    givenBy: text("given_by").notNull(),
    at: at("at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.predictionId, t.rowIndex] }),
    index("feedback_deployment_at").on(t.deploymentId, t.at),
    index("feedback_counted").on(t.deploymentId, t.predictionAt),
  ],
);

/** Outcomes that were corrected since: what had been said, by whom and when. */
export const feedbackRevisions = pgTable(
  "feedback_revisions",
  {
    predictionId: text("prediction_id").notNull(),
    rowIndex: integer("row_index").notNull().default(0),
    revision: integer("revision").notNull(),
    teamId: text("team_id").notNull(),
    value: text("value").notNull(),
    isCorrect: boolean("is_correct").notNull(),
    absError: doublePrecision("abs_error"),
    givenBy: text("given_by").notNull(),
    at: at("at").notNull(),
    predictionAt: at("prediction_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.predictionId, t.rowIndex, t.revision] }),
    index("feedback_revisions_at").on(t.predictionAt),
  ],
);

/** Feedback that came before its prediction was stored; joined when the prediction lands. */
export const pendingFeedback = pgTable(
  "pending_feedback",
  {
    predictionId: text("prediction_id").notNull(),
    rowIndex: integer("row_index").notNull().default(0),
    teamId: text("team_id").notNull(),
    value: text("value").notNull(),
    givenBy: text("given_by").notNull(),
    at: at("at").notNull().defaultNow(),
  },
  // By team, so that nobody can occupy another team's prediction.
  (t) => [
    primaryKey({ columns: [t.teamId, t.predictionId, t.rowIndex] }),
    index("pending_feedback_at").on(t.at),
  ],
);

/** Records that could not be stored by themselves: kept apart, so that those behind them are stored. */
export const setAsideRecords = pgTable(
  "set_aside_records",
  {
    /** Digest of the record, so that a second delivery is the same row. */
    id: text("id").primaryKey(),
    predictionId: text("prediction_id"),
    teamId: text("team_id"),
    deploymentId: text("deployment_id"),
    /** The record as the spool held it, in UTF-8. */
    record: bytea("record").notNull(),
    error: text("error").notNull(),
    tries: integer("tries").notNull(),
    /** waiting | stored | discarded */
    state: text("state").notNull().default("waiting"),
    at: at("at").notNull().defaultNow(),
    triedAt: at("tried_at").notNull().defaultNow(),
  },
  (t) => [index("set_aside_records_state").on(t.state, t.at)],
);

export const alerts = pgTable(
  "alerts",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    fingerprint: text("fingerprint").notNull(),
    kind: text("kind").notNull(),
    severity: text("severity").notNull(),
    title: text("title").notNull(),
    body: text("body").notNull(),
    href: text("href").notNull(),
    subjectKind: text("subject_kind").notNull(),
    subjectId: text("subject_id").notNull(),
    /** firing | acknowledged | resolved */
    state: text("state").notNull().default("firing"),
    acknowledgedBy: text("acknowledged_by"),
    /** Who is told first. */
    ownerId: text("owner_id").notNull().default(""),
    startedAt: at("started_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
    resolvedAt: at("resolved_at"),
    /** The group in which it is told; null until the next look gives it one, and after its end was told. */
    groupId: text("group_id"),
    /** When people were first told since it started. */
    toldAt: at("told_at"),
    /** When the next level of its route is told, unless somebody acknowledges it. */
    escalateAt: at("escalate_at"),
    /** Levels of escalation that were told since it started. */
    escalations: integer("escalations").notNull().default(0),
  },
  (t) => [
    uniqueIndex("alerts_fingerprint").on(t.teamId, t.fingerprint),
    index("alerts_team").on(t.teamId, t.state, t.startedAt),
    index("alerts_group").on(t.groupId),
    index("alerts_ungrouped")
      .on(t.teamId)
      .where(sql`group_id is null and state <> 'resolved'`),
    index("alerts_escalate")
      .on(t.escalateAt)
      .where(sql`escalate_at is not null`),
  ],
);

/** Who is told of which alerts of a team; a team without a row goes by what the product does by itself. */
export const alertRouting = pgTable("alert_routing", {
  teamId: text("team_id").primaryKey(),
  /** In order; the first that matches an alert takes it. */
  routes: jsonb("routes").$type<unknown>().notNull(),
  /** Raised by every change, so that nobody overwrites what they have not seen. */
  revision: integer("revision").notNull(),
  updatedBy: text("updated_by").notNull(),
  updatedAt: at("updated_at").notNull(),
});

/** Alerts that are told together, and what was last told of them: enough to go on after any crash. */
export const alertGroups = pgTable(
  "alert_groups",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    /** As Alertmanager writes it: the route's matchers and the group's labels. */
    key: text("key").notNull(),
    labels: jsonb("labels").$type<Record<string, string>>().notNull(),
    /** When it is looked at next; an empty group ends with that look. */
    flushAt: at("flush_at").notNull(),
    /** How often it was told. */
    sequence: integer("sequence").notNull().default(0),
    /** When it was last told; null: never. */
    toldAt: at("told_at"),
    /** Alertmanager's fingerprints of what was told as firing and as resolved the last time, and of what was silenced since. */
    firing: jsonb("firing").$type<string[]>().notNull().default([]),
    resolved: jsonb("resolved").$type<string[]>().notNull().default([]),
    muted: jsonb("muted").$type<string[]>().notNull().default([]),
  },
  (t) => [uniqueIndex("alert_groups_key").on(t.teamId, t.key), index("alert_groups_flush").on(t.flushAt)],
);

/** What the operator's receiver has not taken yet, by group in order. */
export const alertDeliveries = pgTable(
  "alert_deliveries",
  {
    groupId: text("group_id").notNull(),
    sequence: integer("sequence").notNull(),
    teamId: text("team_id").notNull(),
    body: jsonb("body").$type<unknown>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.groupId, t.sequence] })],
);

/** Alerts that tell nobody for a while: those of a team that match every field that is set. */
export const alertSilences = pgTable(
  "alert_silences",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    kind: text("kind"),
    severity: text("severity"),
    subjectId: text("subject_id"),
    fingerprint: text("fingerprint"),
    reason: text("reason").notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    endsAt: at("ends_at").notNull(),
    endedBy: text("ended_by"),
  },
  (t) => [index("alert_silences_team").on(t.teamId, t.endsAt)],
);

export const driftReports = pgTable(
  "drift_reports",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    deploymentId: text("deployment_id").notNull(),
    versionId: text("version_id").notNull(),
    /** What the window was compared with, and both sample sizes. */
    reference: jsonb("reference").$type<unknown>().notNull(),
    features: jsonb("features").$type<unknown>().notNull(),
    verdict: text("verdict").notNull(),
    at: at("at").notNull().defaultNow(),
  },
  (t) => [index("drift_reports_deployment").on(t.deploymentId, t.at)],
);

/** Where each gateway's spool has been read to; a segment is applied with its offset in one transaction. */
export const spoolOffsets = pgTable(
  "spool_offsets",
  {
    spoolId: text("spool_id").notNull(),
    segment: text("segment").notNull(),
    offset: integer("offset").notNull(),
  },
  (t) => [primaryKey({ columns: [t.spoolId, t.segment] })],
);
