import { sql } from "drizzle-orm";
import {
  bigint,
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
    startMs: bigint("start_ms", { mode: "number" }).notNull(),
    endMs: bigint("end_ms", { mode: "number" }),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    index("runs_experiment_start").on(t.experimentId, t.lifecycle, t.startMs, t.id),
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
  },
  (t) => [primaryKey({ columns: [t.runId, t.key] })],
);

export const runTags = pgTable(
  "run_tags",
  { runId: text("run_id").notNull(), key: text("key").notNull(), value: text("value").notNull() },
  (t) => [primaryKey({ columns: [t.runId, t.key] })],
);

/** Every logged point; the key makes a replayed request harmless. */
export const runMetrics = pgTable(
  "run_metrics",
  {
    runId: text("run_id").notNull(),
    key: text("key").notNull(),
    step: bigint("step", { mode: "number" }).notNull(),
    timestampMs: bigint("timestamp_ms", { mode: "number" }).notNull(),
    value: doublePrecision("value").notNull(),
    isNan: boolean("is_nan").notNull().default(false),
    modelId: text("model_id").notNull().default(""),
    datasetName: text("dataset_name"),
    datasetDigest: text("dataset_digest"),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.key, t.step, t.timestampMs, t.value, t.isNan, t.modelId] }),
    // Metrics of logged models; partial, so that ordinary metrics do not pay for it.
    index("run_metrics_model")
      .on(t.modelId, t.key)
      .where(sql`${t.modelId} <> ''`),
  ],
);

export const runLatestMetrics = pgTable(
  "run_latest_metrics",
  {
    runId: text("run_id").notNull(),
    key: text("key").notNull(),
    step: bigint("step", { mode: "number" }).notNull(),
    timestampMs: bigint("timestamp_ms", { mode: "number" }).notNull(),
    value: doublePrecision("value").notNull(),
    isNan: boolean("is_nan").notNull().default(false),
  },
  (t) => [primaryKey({ columns: [t.runId, t.key] }), index("run_latest_metrics_key").on(t.key, t.value)],
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
    step: bigint("step", { mode: "number" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.modelId] })],
);
