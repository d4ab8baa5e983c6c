import {
  and,
  asc,
  desc,
  eq,
  gt,
  ilike,
  inArray,
  isNotNull,
  isNull,
  lt,
  or,
  sql,
  type SQL,
} from "drizzle-orm";
import { z } from "zod";
import { datasets, datasetVersions, uploads } from "@/db/schema";
import { people } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { loadDataset, loadUpload } from "./load";
import {
  DatasetInput,
  ExportDatasetsInput,
  InspectionFailure,
  ListDatasetsInput,
  UploadInput,
} from "./schemas";

const READ = "datasets.dataset.read" as const;
const EXPORT_LIMIT = 10_000;

const latest = (column: string) =>
  sql`(select v.${sql.raw(column)} from dataset_versions v where v.dataset_id = ${datasets.id} order by v.number desc limit 1)`;

const row = {
  id: datasets.id,
  slug: datasets.slug,
  name: datasets.name,
  description: datasets.description,
  classification: datasets.classification,
  ownerId: datasets.ownerId,
  ownerName: sql<string>`coalesce(${people.name}, 'Modelworks')`,
  createdAt: datasets.createdAt,
  updatedAt: datasets.updatedAt,
  archivedAt: datasets.archivedAt,
  latestVersionId: sql<string | null>`${latest("id")}`,
  latestVersion: sql<number | null>`${latest("number")}`,
  rowCount: sql<number | null>`${latest("row_count")}`.mapWith((value: unknown) =>
    value === null ? null : Number(value),
  ),
  sizeBytes: sql<number | null>`${latest("size_bytes")}`.mapWith((value: unknown) =>
    value === null ? null : Number(value),
  ),
  format: sql<string | null>`${latest("format")}`,
};

const rowsFrom = (ctx: Ctx) =>
  ctx.db.select(row).from(datasets).leftJoin(people, eq(people.id, datasets.ownerId)).$dynamic();

export async function readDataset(ctx: Ctx, id: string) {
  const [found] = await rowsFrom(ctx).where(and(eq(datasets.id, id), eq(datasets.teamId, ctx.actor.teamId)));
  if (!found) throw new Error(`dataset ${id} vanished`);
  return found;
}

type Filters = Pick<z.output<typeof ListDatasetsInput>, "q" | "classification" | "state">;

function filterOf(ctx: Ctx, input: Filters): SQL | undefined {
  const conditions: (SQL | undefined)[] = [eq(datasets.teamId, ctx.actor.teamId)];
  if (input.q) {
    const like = `%${input.q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    conditions.push(
      or(ilike(datasets.name, like), ilike(datasets.slug, like), ilike(datasets.description, like)),
    );
  }
  if (input.classification?.length) conditions.push(inArray(datasets.classification, input.classification));
  const states = input.state?.length ? input.state : ["active"];
  if (!states.includes("archived")) conditions.push(isNull(datasets.archivedAt));
  if (!states.includes("active")) conditions.push(isNotNull(datasets.archivedAt));
  return and(...conditions);
}

const Key = z.tuple([z.string(), z.string()]);

export const listDatasets = query(
  { name: "datasets.dataset.list", permission: READ, input: ListDatasetsInput, summary: "List datasets" },
  async ({ ctx, input }) => {
    const filter = filterOf(ctx, input);
    const column = datasets[input.sort];
    const [direction, beyond] = input.order === "asc" ? ([asc, gt] as const) : ([desc, lt] as const);
    const after = decodeCursor(input.cursor, Key);
    const value = after && (input.sort === "name" ? after[0] : new Date(after[0]));
    const page =
      after && value !== undefined
        ? or(beyond(column, value), and(eq(column, value), beyond(datasets.id, after[1])))
        : undefined;
    const rows = await rowsFrom(ctx)
      .where(and(filter, page))
      .orderBy(direction(column), direction(datasets.id))
      .limit(input.limit + 1);
    const total = await ctx.db.$count(datasets, filter);
    const keyOf = (each: (typeof rows)[number]) => {
      const key = each[input.sort];
      return [key instanceof Date ? key.toISOString() : key, each.id] as const;
    };
    return { ...toPage(rows, input.limit, keyOf), total };
  },
);

export const getDataset = query(
  {
    name: "datasets.dataset.get",
    permission: READ,
    input: DatasetInput,
    summary: "A dataset and its uploads under way",
  },
  async ({ ctx, input }) => {
    const dataset = await loadDataset(ctx, input.slug);
    return { ...(await readDataset(ctx, dataset.id)), uploads: await uploadsOf(ctx, dataset.id) };
  },
);

/** All that the filters match, for a file. */
export const exportDatasets = query(
  {
    name: "datasets.dataset.export",
    permission: READ,
    input: ExportDatasetsInput,
    summary: "Export the list of datasets",
  },
  async ({ ctx, input }) => {
    const direction = input.order === "asc" ? asc : desc;
    const rows = await rowsFrom(ctx)
      .where(filterOf(ctx, input))
      .orderBy(direction(datasets[input.sort]), direction(datasets.id))
      .limit(EXPORT_LIMIT);
    return { format: input.format, rows };
  },
);

const uploadRow = {
  id: uploads.id,
  datasetId: uploads.datasetId,
  slug: datasets.slug,
  fileName: uploads.fileName,
  state: uploads.state,
  blobDigest: uploads.blobDigest,
  sizeBytes: uploads.sizeBytes,
  note: uploads.note,
  message: uploads.message,
  producedByJobId: uploads.producedByJobId,
  versionId: uploads.versionId,
  versionNumber: datasetVersions.number,
  error: uploads.error,
  createdBy: uploads.createdBy,
  createdAt: uploads.createdAt,
  finishedAt: uploads.finishedAt,
};

const uploadsFrom = (ctx: Ctx, where: SQL | undefined) =>
  ctx.db
    .select(uploadRow)
    .from(uploads)
    .innerJoin(datasets, eq(datasets.id, uploads.datasetId))
    .leftJoin(datasetVersions, eq(datasetVersions.id, uploads.versionId))
    .where(and(eq(uploads.teamId, ctx.actor.teamId), where))
    .orderBy(desc(uploads.createdAt), desc(uploads.id))
    .limit(10);

const withError = <T extends { error: unknown }>(upload: T) => ({
  ...upload,
  error: InspectionFailure.nullable().parse(upload.error ?? null),
});

const uploadsOf = async (ctx: Ctx, datasetId: string) =>
  (await uploadsFrom(ctx, eq(uploads.datasetId, datasetId))).map(withError);

/** What became of an upload. @throws AppError `not_found` */
export async function readUpload(ctx: Ctx, id: string) {
  await loadUpload(ctx, id);
  const [found] = await uploadsFrom(ctx, eq(uploads.id, id));
  if (!found) throw new Error(`upload ${id} vanished`);
  return withError(found);
}

export const getUpload = query(
  {
    name: "datasets.upload.get",
    permission: READ,
    input: UploadInput,
    summary: "The state of an upload; poll it until it is registered or failed",
  },
  ({ ctx, input }) => readUpload(ctx, input.id),
);
