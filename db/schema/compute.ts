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

export const jobs = pgTable(
  "jobs",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    name: text("name").notNull(),
    /** Template name and version, when launched from one. */
    template: text("template"),
    spec: jsonb("spec").$type<unknown>().notNull(),
    specDigest: text("spec_digest").notNull(),
    /** queued | preparing | running | succeeded | failed | cancelled */
    state: text("state").notNull(),
    /** Fixed token: WaitingForQuota, ExceedsMaxQuota, PendingEvaluation, Cancelled, OutOfMemory, … */
    reason: text("reason").notNull().default("PendingEvaluation"),
    reasonText: text("reason_text").notNull().default(""),
    cpuMilli: integer("cpu_milli").notNull(),
    memoryBytes: bigint("memory_bytes", { mode: "number" }).notNull(),
    gpuFlavor: text("gpu_flavor"),
    gpuMilli: integer("gpu_milli").notNull().default(0),
    timeLimitSeconds: integer("time_limit_seconds").notNull(),
    maxAttempts: integer("max_attempts").notNull().default(1),
    attemptCount: integer("attempt_count").notNull().default(0),
    priority: integer("priority").notNull().default(0),
    dedupKey: text("dedup_key"),
    /** A retry waits until then. */
    notBefore: at("not_before"),
    createdBy: text("created_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    admittedAt: at("admitted_at"),
    startedAt: at("started_at"),
    finishedAt: at("finished_at"),
    cancelRequestedAt: at("cancel_requested_at"),
    cancelRequestedBy: text("cancel_requested_by"),
    exitCode: integer("exit_code"),
  },
  (t) => [
    index("jobs_team_created").on(t.teamId, t.createdAt, t.id),
    index("jobs_team_state").on(t.teamId, t.state, t.createdAt),
    index("jobs_state").on(t.state, t.createdAt),
    index("jobs_team_finished")
      .on(t.teamId, t.finishedAt)
      .where(sql`finished_at is not null`),
    uniqueIndex("jobs_dedup").on(t.teamId, t.dedupKey),
  ],
);

export const jobAttempts = pgTable(
  "job_attempts",
  {
    id: text("id").primaryKey(),
    jobId: text("job_id")
      .notNull()
      .references(() => jobs.id),
    number: integer("number").notNull(),
    state: text("state").notNull(),
    pid: integer("pid"),
    /** The machine, or cluster, that has it; null until one has taken it. Only that one knows how it stands. */
    place: text("place"),
    exitCode: integer("exit_code"),
    signal: text("signal"),
    reason: text("reason").notNull().default(""),
    reasonText: text("reason_text").notNull().default(""),
    peakRssBytes: bigint("peak_rss_bytes", { mode: "number" }),
    cpuSeconds: doublePrecision("cpu_seconds"),
    /** How far it was kept apart: namespaces+user | namespaces | user | none; null before it began. */
    isolation: text("isolation"),
    logDigest: text("log_digest"),
    logSizeBytes: bigint("log_size_bytes", { mode: "number" }),
    createdAt: at("created_at").notNull().defaultNow(),
    startedAt: at("started_at"),
    endedAt: at("ended_at"),
  },
  (t) => [
    uniqueIndex("job_attempts_number").on(t.jobId, t.number),
    index("job_attempts_open").on(t.state, t.endedAt),
  ],
);

export const jobInputs = pgTable(
  "job_inputs",
  {
    jobId: text("job_id").notNull(),
    name: text("name").notNull(),
    datasetVersionId: text("dataset_version_id").notNull(),
    manifestDigest: text("manifest_digest").notNull(),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.name] }), index("job_inputs_version").on(t.datasetVersionId)],
);

export const jobOutputs = pgTable(
  "job_outputs",
  {
    jobId: text("job_id").notNull(),
    path: text("path").notNull(),
    digest: text("digest").notNull(),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
    datasetVersionId: text("dataset_version_id"),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.path] }), index("job_outputs_digest").on(t.digest)],
);

/** What a team may use: `cpu` in milli-cores, `memory` in bytes, `gpu:<flavor>` in milli-devices. */
export const quotas = pgTable(
  "quotas",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    resource: text("resource").notNull(),
    amount: bigint("amount", { mode: "number" }).notNull(),
    /** Base grants have no request and do not expire. */
    requestId: text("request_id"),
    expiresAt: at("expires_at"),
    createdAt: at("created_at").notNull().defaultNow(),
    endedAt: at("ended_at"),
  },
  (t) => [
    index("quotas_team").on(t.teamId, t.resource),
    index("quotas_expiry").on(t.expiresAt),
    uniqueIndex("quotas_request").on(t.requestId),
    uniqueIndex("quotas_base")
      .on(t.teamId, t.resource)
      .where(sql`${t.requestId} is null and ${t.endedAt} is null`),
  ],
);

/** What the cluster has of `cpu` (milli-cores) and `memory` (bytes); the worker states it at its start. */
export const clusterResources = pgTable("cluster_resources", {
  resource: text("resource").primaryKey(),
  amount: bigint("amount", { mode: "number" }).notNull(),
  updatedAt: at("updated_at").notNull().defaultNow(),
});

/** The GPUs the cluster has to hand out, by kind, as declared by the platform. */
export const gpuFlavors = pgTable("gpu_flavors", {
  name: text("name").primaryKey(),
  title: text("title").notNull(),
  capacityMilli: integer("capacity_milli").notNull(),
});

export const quotaRequests = pgTable(
  "quota_requests",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    flavor: text("flavor").notNull(),
    amountMilli: integer("amount_milli").notNull(),
    until: at("until").notNull(),
    why: text("why").notNull(),
    /** open | approved | rejected | withdrawn | expired */
    state: text("state").notNull().default("open"),
    requestedBy: text("requested_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    decidedBy: text("decided_by"),
    decidedAt: at("decided_at"),
    decisionReason: text("decision_reason"),
    appliedAt: at("applied_at"),
    expiredAt: at("expired_at"),
  },
  (t) => [
    index("quota_requests_team").on(t.teamId, t.createdAt, t.id),
    index("quota_requests_state").on(t.state, t.createdAt),
  ],
);
