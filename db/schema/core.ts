import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

export const at = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: "date" });

/**
 * Append-only and hash-chained. A row is written unsealed, in the transaction that it tells of; the sealer then gives it its place in the chain,
 * once (db/sql/10-audit.sql). Lists go by `position`, which every row has from the beginning.
 */
export const auditLog = pgTable(
  "audit_log",
  {
    /** Order of writing; the gaps are those of rolled-back transactions. */
    position: bigint("position", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    /** What pages call the row: its number would tell what other teams do. */
    id: uuid("id").notNull().defaultRandom(),
    at: at("at").notNull(),
    teamId: text("team_id"),
    actorKind: text("actor_kind").notNull(),
    actorId: text("actor_id").notNull(),
    actorName: text("actor_name").notNull(),
    action: text("action").notNull(),
    subjectKind: text("subject_kind").notNull(),
    subjectId: text("subject_id").notNull(),
    /** Canonical JSON of the whole entry: what the hash covers. */
    payload: text("payload").notNull(),
    /** Place in the chain, without gaps; null until sealed. */
    seq: bigint("seq", { mode: "number" }),
    prevHash: text("prev_hash"),
    hash: text("hash"),
  },
  (t) => [
    index("audit_team_position").on(t.teamId, t.position),
    index("audit_subject").on(t.subjectKind, t.subjectId, t.position),
    index("audit_actor").on(t.actorId, t.position),
    index("audit_action").on(t.action, t.position),
    uniqueIndex("audit_sealed")
      .on(t.seq)
      .where(sql`seq is not null`),
    index("audit_unsealed")
      .on(t.position)
      .where(sql`seq is null`),
    check("audit_sealed_whole", sql`num_nulls(seq, prev_hash, hash) in (0, 3)`),
  ],
);

/**
 * Domain events: the outbox of the worker. By day, as are their deliveries (db/sql/26-outbox-days.sql): what is delivered leaves after
 * `EVENT_RETENTION_DAYS`, what is not stays until it is.
 */
export const outboxEvents = pgTable(
  "outbox_events",
  {
    id: text("id").notNull(),
    type: text("type").notNull(),
    teamId: text("team_id"),
    payload: jsonb("payload").$type<Record<string, unknown>>().notNull(),
    actorId: text("actor_id").notNull(),
    requestId: text("request_id").notNull(),
    createdAt: at("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.createdAt, t.id] })],
);

/** Events whose deliveries are not written yet: added with the event, taken away with its deliveries. Short, whatever the history. */
export const outboxQueue = pgTable("outbox_queue", {
  seq: bigint("seq", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  eventId: text("event_id").notNull(),
  eventAt: at("event_at").notNull(),
  type: text("type").notNull(),
});

/** One row per event and handler: delivered, waiting to be retried, or dead. */
export const outboxDeliveries = pgTable(
  "outbox_deliveries",
  {
    /** When the event was created, which says the day that it is kept with. */
    eventAt: at("event_at").notNull(),
    eventId: text("event_id").notNull(),
    handler: text("handler").notNull(),
    /** Order of the events in the queue. */
    seq: bigint("seq", { mode: "number" }).notNull(),
    /** pending | done | dead */
    state: text("state").notNull().default("pending"),
    attempts: integer("attempts").notNull().default(0),
    nextAttemptAt: at("next_attempt_at").notNull().defaultNow(),
    lastError: text("last_error"),
    finishedAt: at("finished_at"),
  },
  (t) => [
    primaryKey({ columns: [t.eventAt, t.eventId, t.handler] }),
    index("outbox_deliveries_due")
      .on(t.nextAttemptAt, t.seq)
      .where(sql`state = 'pending'`),
    index("outbox_deliveries_dead")
      .on(t.nextAttemptAt)
      .where(sql`state = 'dead'`),
  ],
);

export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    actorId: text("actor_id").notNull(),
    key: text("key").notNull(),
    route: text("route").notNull(),
    requestDigest: text("request_digest").notNull(),
    status: integer("status"),
    body: text("body"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.actorId, t.route, t.key] }), index("idempotency_created").on(t.createdAt)],
);

/** Processes that are alive; the sweeper takes over the work of those that fell silent. */
export const processes = pgTable(
  "processes",
  {
    id: text("id").primaryKey(),
    /** portal | worker | gateway */
    kind: text("kind").notNull(),
    host: text("host").notNull(),
    pid: integer("pid").notNull(),
    version: text("version").notNull(),
    startedAt: at("started_at").notNull(),
    seenAt: at("seen_at").notNull(),
    info: jsonb("info").$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [index("processes_seen").on(t.seenAt)],
);

/** Who does a reconciler's work now. A lease that is not renewed passes to whoever asks next, under the next token. */
export const tickLeases = pgTable("tick_leases", {
  name: text("name").primaryKey(),
  /** The id of the process. */
  holder: text("holder").notNull(),
  token: bigint("token", { mode: "number" }).notNull(),
  expiresAt: at("expires_at").notNull(),
});

/** Exactly-once effects of workflow steps: a step that wrote its row has happened. */
export const stepsDone = pgTable(
  "steps_done",
  {
    workflowId: text("workflow_id").notNull(),
    step: text("step").notNull(),
    output: jsonb("output"),
    doneAt: at("done_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.workflowId, t.step] })],
);

/** Content-addressed blobs the object store holds; rows of other tables refer to them by digest. */
export const blobs = pgTable("blobs", {
  digest: text("digest").primaryKey(),
  sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
  createdAt: at("created_at").notNull().defaultNow(),
});

/** Who refers to a blob; kept by triggers (`db/sql/15-blob-refs.sql`), never written by hand. */
export const blobRefs = pgTable(
  "blob_refs",
  {
    digest: text("digest")
      .notNull()
      .references(() => blobs.digest),
    /** artifact | dataset_file | upload | model_version_file | job_output | job_log | job_code */
    ownerKind: text("owner_kind").notNull(),
    /** The key of the row that refers, its columns joined by a slash. */
    ownerId: text("owner_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.digest, t.ownerKind, t.ownerId] })],
);

/** The graph of what came from what; every arrow of the line writes an edge. */
export const lineageEdges = pgTable(
  "lineage_edges",
  {
    teamId: text("team_id").notNull(),
    fromKind: text("from_kind").notNull(),
    fromId: text("from_id").notNull(),
    toKind: text("to_kind").notNull(),
    toId: text("to_id").notNull(),
    relation: text("relation").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.fromKind, t.fromId, t.toKind, t.toId, t.relation] }),
    index("lineage_to").on(t.toKind, t.toId),
  ],
);
