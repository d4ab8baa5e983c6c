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

export const predictions = pgTable(
  "predictions",
  {
    id: text("id").primaryKey(),
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
    /** The class or value that feedback is compared with. */
    predicted: text("predicted"),
    traceId: text("trace_id"),
  },
  (t) => [
    index("predictions_deployment_at").on(t.deploymentId, t.at, t.id),
    index("predictions_version_at").on(t.versionId, t.at),
  ],
);

export const feedback = pgTable(
  "feedback",
  {
    predictionId: text("prediction_id").primaryKey(),
    teamId: text("team_id").notNull(),
    deploymentId: text("deployment_id").notNull(),
    value: text("value").notNull(),
    isCorrect: boolean("is_correct").notNull(),
    givenBy: text("given_by").notNull(),
    at: at("at").notNull().defaultNow(),
  },
  (t) => [index("feedback_deployment_at").on(t.deploymentId, t.at)],
);

/** Feedback that came before its prediction was stored; joined when the prediction lands. */
export const pendingFeedback = pgTable(
  "pending_feedback",
  {
    predictionId: text("prediction_id").notNull(),
    teamId: text("team_id").notNull(),
    value: text("value").notNull(),
    givenBy: text("given_by").notNull(),
    at: at("at").notNull().defaultNow(),
  },
  // By team, so that nobody can occupy another team's prediction.
  (t) => [primaryKey({ columns: [t.teamId, t.predictionId] }), index("pending_feedback_at").on(t.at)],
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
    startedAt: at("started_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
    resolvedAt: at("resolved_at"),
  },
  (t) => [
    uniqueIndex("alerts_fingerprint").on(t.teamId, t.fingerprint),
    index("alerts_team").on(t.teamId, t.state, t.startedAt),
  ],
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
