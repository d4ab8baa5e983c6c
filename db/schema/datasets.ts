import { sql } from "drizzle-orm";
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { at } from "./core";

export const datasets = pgTable(
  "datasets",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    slug: text("slug").notNull(),
    name: text("name").notNull(),
    description: text("description").notNull().default(""),
    ownerId: text("owner_id").notNull(),
    /** public | internal | confidential | restricted */
    classification: text("classification").notNull().default("internal"),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
    archivedAt: at("archived_at"),
  },
  (t) => [
    uniqueIndex("datasets_slug").on(t.teamId, t.slug),
    index("datasets_team_updated").on(t.teamId, t.updatedAt, t.id),
  ],
);

/** Immutable; two digests: of the stored bytes (dirHash manifest) and of the table's content. */
export const datasetVersions = pgTable(
  "dataset_versions",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    datasetId: text("dataset_id")
      .notNull()
      .references(() => datasets.id),
    number: integer("number").notNull(),
    manifestDigest: text("manifest_digest").notNull(),
    contentDigest: text("content_digest").notNull(),
    schemaDigest: text("schema_digest").notNull(),
    canonicalisation: text("canonicalisation").notNull(),
    format: text("format").notNull(),
    rowCount: bigint("row_count", { mode: "number" }).notNull(),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
    columns: jsonb("columns").$type<unknown>().notNull(),
    profile: jsonb("profile").$type<unknown>().notNull(),
    preview: jsonb("preview").$type<unknown>().notNull(),
    /** How the file's text is to be read, and what a careful reader should know of it. */
    reading: jsonb("reading").$type<unknown>().notNull().default({}),
    /** What changed against the version before it, computed once at registration. */
    diff: jsonb("diff").$type<unknown>(),
    producedByJobId: text("produced_by_job_id"),
    note: text("note").notNull().default(""),
    createdBy: text("created_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("dataset_versions_number").on(t.datasetId, t.number),
    uniqueIndex("dataset_versions_manifest").on(t.datasetId, t.manifestDigest),
    index("dataset_versions_team").on(t.teamId, t.createdAt),
  ],
);

export const datasetFiles = pgTable(
  "dataset_files",
  {
    versionId: text("version_id")
      .notNull()
      .references(() => datasetVersions.id),
    path: text("path").notNull(),
    digest: text("digest").notNull(),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
    mediaType: text("media_type").notNull(),
  },
  (t) => [primaryKey({ columns: [t.versionId, t.path] }), index("dataset_files_digest").on(t.digest)],
);

/** A file on its way in: bytes land in the object store, then the worker inspects them and registers a version, or says why not. */
export const uploads = pgTable(
  "uploads",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    datasetId: text("dataset_id").notNull(),
    fileName: text("file_name").notNull(),
    /** receiving | received | inspecting | registered | failed */
    state: text("state").notNull(),
    blobDigest: text("blob_digest"),
    sizeBytes: bigint("size_bytes", { mode: "number" }),
    note: text("note").notNull().default(""),
    producedByJobId: text("produced_by_job_id"),
    versionId: text("version_id"),
    error: jsonb("error").$type<unknown>(),
    /** The process that takes the bytes; when it is gone they will not all arrive. */
    receivedBy: text("received_by"),
    /** What came of it, in words. */
    message: text("message").notNull().default(""),
    createdBy: text("created_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    finishedAt: at("finished_at"),
  },
  (t) => [
    index("uploads_dataset").on(t.datasetId, t.createdAt),
    index("uploads_job").on(t.producedByJobId, t.blobDigest),
    index("uploads_receiving")
      .on(t.createdAt)
      .where(sql`${t.state} = 'receiving'`),
  ],
);
