import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { at } from "./core";

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

/** Versioned, digested policy documents; of a row only `retired_at`, `activated_at` and `activated_by` ever change. */
export const policies = pgTable(
  "policies",
  {
    id: text("id").primaryKey(),
    /** null: holds for every team. */
    teamId: text("team_id"),
    key: text("key").notNull(),
    version: integer("version").notNull(),
    title: text("title").notNull(),
    digest: text("digest").notNull().unique(),
    document: jsonb("document").$type<unknown>().notNull(),
    source: text("source").notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    /** When it last came into force; null: when it was stored. An old version can come back. */
    activatedAt: at("activated_at"),
    /** Who put it in force last; null or `system`: a release did, and the next one may replace it. */
    activatedBy: text("activated_by"),
    retiredAt: at("retired_at"),
  },
  (t) => [uniqueIndex("policies_key_version").on(t.key, t.version)],
);

/** One execution of the policies on one subject, bound to its digests. Subjects are generic: kind, id, digest. */
export const gateRuns = pgTable(
  "gate_runs",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    subjectKind: text("subject_kind").notNull(),
    subjectId: text("subject_id").notNull(),
    subjectDigest: text("subject_digest").notNull(),
    /** Digest over all evidence that was handed in. */
    evidenceDigest: text("evidence_digest"),
    /** queued | running | finished */
    state: text("state").notNull().default("queued"),
    /** pass | fail | indeterminate | error */
    outcome: text("outcome"),
    trigger: text("trigger").notNull(),
    requestedBy: text("requested_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    finishedAt: at("finished_at"),
  },
  (t) => [
    index("gate_runs_subject").on(t.subjectKind, t.subjectId, t.createdAt),
    index("gate_runs_team").on(t.teamId, t.createdAt),
  ],
);

export const gateVerdicts = pgTable(
  "gate_verdicts",
  {
    gateRunId: text("gate_run_id")
      .notNull()
      .references(() => gateRuns.id),
    policyKey: text("policy_key").notNull(),
    policyVersion: integer("policy_version").notNull(),
    policyDigest: text("policy_digest").notNull(),
    /** pass | fail | indeterminate | error */
    verdict: text("verdict").notNull(),
    rules: jsonb("rules").$type<unknown>().notNull(),
    evidence: jsonb("evidence").$type<unknown>().notNull(),
    attestationId: text("attestation_id"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.gateRunId, t.policyKey] })],
);

/** Signed in-toto statements; `leaf_index` places each in the transparency log. */
export const attestations = pgTable(
  "attestations",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    subjectKind: text("subject_kind").notNull(),
    subjectId: text("subject_id").notNull(),
    subjectDigest: text("subject_digest").notNull(),
    predicateType: text("predicate_type").notNull(),
    /** What it attests in one word, e.g. the policy key, `review`, `promotion`. */
    label: text("label").notNull(),
    /** pass | fail | indeterminate | error | approve | … */
    result: text("result").notNull(),
    envelope: jsonb("envelope").$type<unknown>().notNull(),
    statement: jsonb("statement").$type<unknown>().notNull(),
    keyId: text("key_id").notNull(),
    leafIndex: bigint("leaf_index", { mode: "number" }).notNull(),
    dedupKey: text("dedup_key").notNull().unique(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    index("attestations_subject").on(t.subjectKind, t.subjectId, t.createdAt),
    index("attestations_digest").on(t.subjectDigest),
    index("attestations_team").on(t.teamId, t.createdAt),
  ],
);

export const logLeaves = pgTable("log_leaves", {
  index: bigint("index", { mode: "number" }).primaryKey(),
  entry: bytea("entry").notNull(),
  leafHash: bytea("leaf_hash").notNull(),
  createdAt: at("created_at").notNull().defaultNow(),
});

/** Hashes of complete subtrees: level 0 are leaf hashes. */
export const logNodes = pgTable(
  "log_nodes",
  {
    level: integer("level").notNull(),
    index: bigint("index", { mode: "number" }).notNull(),
    hash: bytea("hash").notNull(),
  },
  (t) => [primaryKey({ columns: [t.level, t.index] })],
);

export const logCheckpoints = pgTable("log_checkpoints", {
  size: bigint("size", { mode: "number" }).primaryKey(),
  rootHash: bytea("root_hash").notNull(),
  note: text("note").notNull(),
  createdAt: at("created_at").notNull().defaultNow(),
});

export const publicKeys = pgTable("public_keys", {
  keyId: text("key_id").primaryKey(),
  /** attestor | log */
  purpose: text("purpose").notNull(),
  algorithm: text("algorithm").notNull(),
  pem: text("pem").notNull(),
  validFrom: at("valid_from").notNull().defaultNow(),
  validUntil: at("valid_until"),
});

export const reviews = pgTable(
  "reviews",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    subjectKind: text("subject_kind").notNull(),
    subjectId: text("subject_id").notNull(),
    /** Digest that identifies the subject's content; also `subject` of the decision's attestation. */
    subjectDigest: text("subject_digest").notNull(),
    subjectName: text("subject_name").notNull(),
    title: text("title").notNull(),
    /** The approval holds for exactly these digests: { manifest, contract, card, gates }. */
    boundDigests: jsonb("bound_digests").$type<Record<string, string>>().notNull(),
    environment: text("environment").notNull(),
    rationale: text("rationale").notNull(),
    /** open | approved | changes_requested | rejected | void | withdrawn */
    state: text("state").notNull().default("open"),
    stateReason: text("state_reason").notNull().default(""),
    requestedBy: text("requested_by").notNull(),
    /** People who may not decide: requester, author, last editors. */
    excludedIds: text("excluded_ids").array().notNull(),
    assigneeId: text("assignee_id"),
    dueAt: at("due_at").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    firstTouchedAt: at("first_touched_at"),
    decidedAt: at("decided_at"),
  },
  (t) => [
    index("reviews_queue").on(t.teamId, t.state, t.dueAt, t.id),
    index("reviews_subject").on(t.subjectKind, t.subjectId, t.createdAt),
    index("reviews_decided")
      .on(t.teamId, t.decidedAt)
      .where(sql`decided_at is not null`),
    uniqueIndex("reviews_one_open")
      .on(t.teamId, t.subjectKind, t.subjectId, t.environment)
      .where(sql`${t.state} = 'open'`),
  ],
);

export const reviewDecisions = pgTable(
  "review_decisions",
  {
    id: text("id").primaryKey(),
    reviewId: text("review_id")
      .notNull()
      .references(() => reviews.id),
    reviewerId: text("reviewer_id").notNull(),
    /** `user`, or `token` with the scope `review`; jobs and the system neither decide nor comment. */
    actorKind: text("actor_kind").notNull(),
    tokenId: text("token_id"),
    /** The reviewer's role in the team when deciding. */
    reviewerRole: text("reviewer_role").notNull(),
    /** approve | request_changes | reject | comment */
    decision: text("decision").notNull(),
    reason: text("reason").notNull(),
    boundDigests: jsonb("bound_digests").$type<Record<string, string>>().notNull(),
    attestationId: text("attestation_id"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    index("review_decisions_review").on(t.reviewId, t.createdAt),
    // One verdict a review; the loser of a race gets a conflict.
    uniqueIndex("review_decisions_verdict")
      .on(t.reviewId)
      .where(sql`${t.decision} <> 'comment'`),
    check(
      "review_decisions_people_only",
      sql`${t.actorKind} in ('user', 'token') and (${t.actorKind} = 'token') = (${t.tokenId} is not null)`,
    ),
    check(
      "review_decisions_decision",
      sql`${t.decision} in ('approve', 'request_changes', 'reject', 'comment')`,
    ),
  ],
);
