import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgSequence,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { at } from "./core";
import { int64 } from "../int64";

export const experiments = pgTable(
  "experiments",
  {
    /** MLflow wants digits; the team's `Default` experiment also answers to "0". */
    id: integer("id").primaryKey().generatedAlwaysAsIdentity({ startWith: 1 }),
    teamId: text("team_id").notNull(),
    name: text("name").notNull(),
    lifecycle: text("lifecycle").notNull().default("active"),
    tags: jsonb("tags").$type<Record<string, string>>().notNull().default({}),
    createdBy: text("created_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("experiments_name").on(t.teamId, t.name),
    index("experiments_team").on(t.teamId, t.updatedAt, t.id),
  ],
);

export const runs = pgTable(
  "runs",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    experimentId: integer("experiment_id")
      .notNull()
      .references(() => experiments.id),
    name: text("name").notNull(),
    /** RUNNING | SCHEDULED | FINISHED | FAILED | KILLED */
    status: text("status").notNull(),
    lifecycle: text("lifecycle").notNull().default("active"),
    userId: text("user_id").notNull(),
    userName: text("user_name").notNull().default(""),
    jobId: text("job_id"),
    startMs: int64("start_ms").notNull(),
    endMs: int64("end_ms"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    index("runs_experiment_newest").on(t.experimentId, t.lifecycle, t.startMs.desc().nullsFirst(), t.id),
    index("runs_team_created").on(t.teamId, t.createdAt),
    index("runs_job").on(t.jobId),
  ],
);

export const runParams = pgTable(
  "run_params",
  {
    runId: text("run_id").notNull(),
    key: text("key").notNull(),
    value: text("value").notNull(),
    /** When the portal received it, by the portal's clock. */
    loggedAt: at("logged_at").notNull().defaultNow(),
    /** Of the run, which never changes them. */
    experimentId: integer("experiment_id").notNull(),
    startMs: int64("start_ms").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.key] }),
    // By its beginning, because an index holds no long text; in the order of bytes, in which a beginning decides as the whole does.
    index("run_params_value").on(
      t.experimentId,
      t.key,
      sql`(left("value", 256) collate "C")`,
      t.startMs.desc().nullsFirst(),
      t.runId,
    ),
  ],
);

export const runTags = pgTable(
  "run_tags",
  { runId: text("run_id").notNull(), key: text("key").notNull(), value: text("value").notNull() },
  (t) => [primaryKey({ columns: [t.runId, t.key] })],
);

/**
 * What a point belongs to: a metric of a run, or of a logged model within a run. Written once and never changed. Each metric of a run has the row without
 * a model, whatever it was logged with: who makes it is the first. The number begins with the day (`db/sql/26-number-partitions.sql`).
 */
export const metricSeries = pgTable(
  "metric_series",
  {
    id: bigint("id", { mode: "number" })
      .primaryKey()
      .default(sql`((extract(epoch from now())::bigint / 86400) << 32) | nextval('metric_series_number')`),
    runId: text("run_id").notNull(),
    key: text("key").notNull(),
    modelId: text("model_id").notNull().default(""),
  },
  (t) => [
    uniqueIndex("metric_series_name").on(t.runId, t.key, t.modelId),
    // Metrics of logged models; partial, so that ordinary metrics do not pay for it.
    index("metric_series_model")
      .on(t.modelId, t.key)
      .where(sql`${t.modelId} <> ''`),
  ],
);
/** Counts the series; it begins again after 2^32, and the day before it keeps numbers apart. */
export const metricSeriesNumber = pgSequence("metric_series_number", {
  minValue: 0,
  maxValue: 4_294_967_295,
  startWith: 0,
  cycle: true,
});

/** Data that metrics were measured on, by the names that clients gave. */
export const metricDatasets = pgTable(
  "metric_datasets",
  {
    id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
    name: text("name"),
    digest: text("digest"),
  },
  (t) => [unique("metric_datasets_name").on(t.name, t.digest).nullsNotDistinct()],
);

/**
 * Every logged point. Partitioned by month of the series' first point (its migration and db/sql/26-number-partitions.sql). What is rare is null, which
 * takes no room. Only `modelworks_write_metrics` writes here, and reads go through `metric-points.ts`: the first point of a step is known by the step
 * alone, in an index of two numbers, which Postgres fills (one of four stays half empty, as series grow side by side).
 */
export const runMetrics = pgTable(
  "run_metrics",
  {
    seriesId: bigint("series_id", { mode: "number" }).notNull(),
    step: int64("step").notNull(),
    timestampMs: int64("timestamp_ms").notNull(),
    value: doublePrecision("value").notNull(),
    datasetId: integer("dataset_id"),
    /** True where the same measurement stands in another series of the metric: logged once more under a logged model's id. */
    again: boolean("again"),
    /** True where the step had another point before: a step may hold several that differ in time or value. */
    more: boolean("more"),
    /** Transaction that wrote it, where the metric had a point of this moment or a later one already: how a live page finds it. */
    late: bigint("late", { mode: "number" }),
  },
  (t) => [
    uniqueIndex("run_metrics_step")
      .on(t.seriesId, t.step)
      .where(sql`${t.more} is null`),
    uniqueIndex("run_metrics_more")
      .on(t.seriesId, t.step, t.timestampMs, t.value)
      .where(sql`${t.more} is not null`),
    index("run_metrics_late")
      .on(t.seriesId, t.late)
      .where(sql`${t.late} is not null`),
  ],
);

/** Each metric of a run: its latest value, by which runs are ordered and found, and what its points come to. */
export const runLatestMetrics = pgTable(
  "run_latest_metrics",
  {
    runId: text("run_id").notNull(),
    key: text("key").notNull(),
    step: int64("step").notNull(),
    timestampMs: int64("timestamp_ms").notNull(),
    value: doublePrecision("value").notNull(),
    isNan: boolean("is_nan").notNull().default(false),
    /** Of the run, which never changes them. */
    experimentId: integer("experiment_id").notNull(),
    startMs: int64("start_ms").notNull(),
    /** Measurements, each once; those not finite among them; NaN among those. */
    points: bigint("points", { mode: "number" }).notNull(),
    gaps: bigint("gaps", { mode: "number" }).notNull(),
    nans: bigint("nans", { mode: "number" }).notNull(),
    /** Least and greatest value that is a number. */
    least: doublePrecision("least"),
    greatest: doublePrecision("greatest"),
    firstMs: int64("first_ms").notNull(),
    /** Transaction of the last change. */
    changed: bigint("changed", { mode: "number" }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.key] }),
    index("run_latest_metrics_value").on(
      t.experimentId,
      t.key,
      t.isNan,
      t.value,
      t.startMs.desc().nullsFirst(),
      t.runId,
    ),
  ],
);

export const runInputs = pgTable(
  "run_inputs",
  {
    runId: text("run_id").notNull(),
    name: text("name").notNull(),
    digest: text("digest").notNull(),
    sourceType: text("source_type").notNull(),
    source: text("source").notNull(),
    schema: text("schema"),
    profile: text("profile"),
    tags: jsonb("tags").$type<Record<string, string>>().notNull().default({}),
    datasetVersionId: text("dataset_version_id"),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.name, t.digest] }),
    index("run_inputs_dataset").on(t.datasetVersionId),
  ],
);

/** Files under `mlflow-artifacts:/<experiment>/<run>/artifacts` and `…/models/<model>/artifacts`: path → blob. */
export const artifacts = pgTable(
  "artifacts",
  {
    /** Folder that owns the file: `<experiment id>/<run id>/artifacts` or `<experiment id>/models/<model id>/artifacts`. */
    root: text("root").notNull(),
    path: text("path").notNull(),
    teamId: text("team_id").notNull(),
    digest: text("digest").notNull(),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
    mediaType: text("media_type").notNull().default("application/octet-stream"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.root, t.path] }), index("artifacts_digest").on(t.digest)],
);

/** Folders that a registered version refers to; a write at or below `prefix` is refused. */
export const artifactSeals = pgTable(
  "artifact_seals",
  {
    root: text("root").notNull(),
    prefix: text("prefix").notNull(),
    sealedAt: at("sealed_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.root, t.prefix] })],
);

export const loggedModels = pgTable(
  "logged_models",
  {
    /** `m-<32 hex>` */
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    experimentId: integer("experiment_id").notNull(),
    sourceRunId: text("source_run_id"),
    name: text("name").notNull(),
    modelType: text("model_type"),
    status: text("status").notNull().default("LOGGED_MODEL_PENDING"),
    /** Set when a version refers to it: later writes are refused. */
    sealedAt: at("sealed_at"),
    params: jsonb("params").$type<Record<string, string>>().notNull().default({}),
    tags: jsonb("tags").$type<Record<string, string>>().notNull().default({}),
    createdBy: text("created_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
    deletedAt: at("deleted_at"),
  },
  (t) => [
    index("logged_models_experiment").on(t.experimentId, t.createdAt),
    index("logged_models_run").on(t.sourceRunId),
  ],
);

/** Logged models that a run read, such as the one that it evaluates. */
export const runModelInputs = pgTable(
  "run_model_inputs",
  { runId: text("run_id").notNull(), modelId: text("model_id").notNull() },
  (t) => [primaryKey({ columns: [t.runId, t.modelId] })],
);

export const runOutputs = pgTable(
  "run_outputs",
  {
    runId: text("run_id").notNull(),
    modelId: text("model_id").notNull(),
    step: int64("step").notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.modelId] })],
);
