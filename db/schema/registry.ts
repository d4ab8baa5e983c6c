import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { at } from "./core";

export const registeredModels = pgTable(
  "registered_models",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    name: text("name").notNull(),
    description: text("description").notNull().default(""),
    ownerId: text("owner_id").notNull(),
    tags: jsonb("tags").$type<Record<string, string>>().notNull().default({}),
    /** { mode: default | on | off, aliases: further protected ones }, as a person set it; null: default, none. */
    aliasProtection: jsonb("alias_protection").$type<unknown>(),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
    archivedAt: at("archived_at"),
  },
  (t) => [
    uniqueIndex("registered_models_name").on(t.teamId, t.name),
    index("registered_models_updated").on(t.teamId, t.updatedAt, t.id),
  ],
);

export const modelVersions = pgTable(
  "model_versions",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    modelId: text("model_id")
      .notNull()
      .references(() => registeredModels.id),
    number: integer("number").notNull(),
    /** pending (digests, scan) | ready | failed | deleted */
    state: text("state").notNull().default("pending"),
    stateText: text("state_text").notNull().default(""),
    /** None | Staging | Production | Archived: MLflow's old stages, kept for old scripts. */
    stage: text("stage").notNull().default("None"),
    source: text("source").notNull(),
    artifactRoot: text("artifact_root"),
    runId: text("run_id"),
    loggedModelId: text("logged_model_id"),
    jobId: text("job_id"),
    codeCommit: text("code_commit"),
    description: text("description").notNull().default(""),
    tags: jsonb("tags").$type<Record<string, string>>().notNull().default({}),
    /** dirHash over all files, once they are sealed. */
    manifestDigest: text("manifest_digest"),
    /** The file that the gateway serves (an ONNX model, an MLmodel, or what says where one runs): path within the manifest and its own digest. */
    weightsPath: text("weights_path"),
    weightsDigest: text("weights_digest"),
    /** For a version that runs elsewhere: its file as it was registered, for lists and pages; what counts is the sealed file. */
    endpoint: jsonb("endpoint").$type<unknown>(),
    /** For a version whose files were never here: { location, runId, runLink } as its client gave them. It is listed and never judged or served. */
    reference: jsonb("reference").$type<unknown>(),
    contract: jsonb("contract").$type<unknown>(),
    contractDigest: text("contract_digest"),
    /** Result of comparing the contract with the real signature. */
    contractCheck: jsonb("contract_check").$type<unknown>(),
    signature: jsonb("signature").$type<unknown>(),
    /** What the last qualification collected, by name: provenance, evaluation, fairness, scan, … */
    evidence: jsonb("evidence").$type<Record<string, unknown>>().notNull().default({}),
    /** Over the verdicts, policies and evidence digests of the last gate run; reviews are bound to it. */
    gatesDigest: text("gates_digest"),
    gateRunId: text("gate_run_id"),
    /** pass | fail | indeterminate | error; null until the gates have run. */
    gatesOutcome: text("gates_outcome"),
    qualifiedAt: at("qualified_at"),
    createdBy: text("created_by").notNull(),
    lastEditedBy: text("last_edited_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("model_versions_number").on(t.modelId, t.number),
    index("model_versions_team").on(t.teamId, t.createdAt),
    index("model_versions_run").on(t.runId),
    index("model_versions_manifest").on(t.manifestDigest),
  ],
);

export const modelVersionFiles = pgTable(
  "model_version_files",
  {
    versionId: text("version_id")
      .notNull()
      .references(() => modelVersions.id),
    path: text("path").notNull(),
    digest: text("digest").notNull(),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.versionId, t.path] }), index("model_version_files_digest").on(t.digest)],
);

export const modelAliases = pgTable(
  "model_aliases",
  {
    modelId: text("model_id")
      .notNull()
      .references(() => registeredModels.id),
    alias: text("alias").notNull(),
    versionId: text("version_id")
      .notNull()
      .references(() => modelVersions.id),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.modelId, t.alias] })],
);

/** The card's latest text; each save is a new revision in `model_card_revisions`. */
export const modelCards = pgTable("model_cards", {
  versionId: text("version_id")
    .primaryKey()
    .references(() => modelVersions.id),
  revision: integer("revision").notNull().default(1),
  fields: jsonb("fields").$type<Record<string, string>>().notNull().default({}),
  markdown: text("markdown").notNull().default(""),
  digest: text("digest").notNull(),
  /** Field → evidence it was written against; another digest of it now means stale. */
  evidence: jsonb("evidence").$type<Record<string, { kind: string; digest: string }>>().notNull().default({}),
  updatedBy: text("updated_by").notNull(),
  updatedAt: at("updated_at").notNull().defaultNow(),
});

export const modelCardRevisions = pgTable(
  "model_card_revisions",
  {
    versionId: text("version_id").notNull(),
    revision: integer("revision").notNull(),
    fields: jsonb("fields").$type<Record<string, string>>().notNull(),
    markdown: text("markdown").notNull(),
    digest: text("digest").notNull(),
    updatedBy: text("updated_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.versionId, t.revision] })],
);

/** What authenticates a team at servers elsewhere. Written and replaced, never read out. */
export const endpointCredentials = pgTable(
  "endpoint_credentials",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    name: text("name").notNull(),
    /** bearer | basic | header */
    kind: text("kind").notNull(),
    /** Hosts that it is sent to and no others: host, host:port or *.suffix. */
    hosts: jsonb("hosts").$type<string[]>().notNull(),
    /** The key of MODELWORKS_HOME/keys that sealed it. */
    keyId: text("key_id").notNull(),
    sealed: text("sealed").notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedBy: text("updated_by").notNull(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [uniqueIndex("endpoint_credentials_name").on(t.teamId, t.name)],
);
