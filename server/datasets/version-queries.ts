import { and, desc, eq, lt, sql } from "drizzle-orm";
import { z } from "zod";
import { datasets, datasetVersions } from "@/db/schema";
import { people } from "@/server/identity";
import { analytics, objectStore } from "@/server/composition";
import type { Ctx } from "@/server/core/context";
import { AppError, invalid, notFound } from "@/server/core/errors";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { TableRefused } from "@/server/adapters/analytics";
import { TableFormat } from "@/server/adapters/analytics/schemas";
import { filesOf, loadDataset, loadVersion } from "./load";
import {
  ColumnProfile,
  DiffInput,
  DigestInput,
  ListVersionsInput,
  Reading,
  TableColumn,
  TableDiff,
  VersionFileInput,
  VersionInput,
  VersionNumberInput,
} from "./schemas";

const READ = "datasets.dataset.read" as const;

const listed = {
  id: datasetVersions.id,
  number: datasetVersions.number,
  manifestDigest: datasetVersions.manifestDigest,
  contentDigest: datasetVersions.contentDigest,
  schemaDigest: datasetVersions.schemaDigest,
  format: datasetVersions.format,
  rowCount: datasetVersions.rowCount,
  sizeBytes: datasetVersions.sizeBytes,
  columnCount: sql<number>`jsonb_array_length(${datasetVersions.columns})`,
  producedByJobId: datasetVersions.producedByJobId,
  note: datasetVersions.note,
  createdBy: datasetVersions.createdBy,
  createdByName: sql<string>`coalesce(${people.name}, 'Modelworks')`,
  createdAt: datasetVersions.createdAt,
};

export const listVersions = query(
  {
    name: "datasets.version.list",
    permission: READ,
    input: ListVersionsInput,
    summary: "List a dataset's versions, newest first",
  },
  async ({ ctx, input }) => {
    const dataset = await loadDataset(ctx, input.slug);
    const after = decodeCursor(input.cursor, z.tuple([z.number()]));
    const own = eq(datasetVersions.datasetId, dataset.id);
    const rows = await ctx.db
      .select(listed)
      .from(datasetVersions)
      .leftJoin(people, eq(people.id, datasetVersions.createdBy))
      .where(and(own, after && lt(datasetVersions.number, after[0])))
      .orderBy(desc(datasetVersions.number))
      .limit(input.limit + 1);
    return {
      ...toPage(rows, input.limit, (each) => [each.number]),
      total: await ctx.db.$count(datasetVersions, own),
    };
  },
);

const StoredDiff = z.object({ against: z.string(), againstNumber: z.number(), diff: TableDiff }).nullable();

/** A version with schema, files and digests; without profile and preview. @throws AppError `not_found` */
export async function datasetVersionOf(ctx: Ctx, id: string) {
  const version = await loadVersion(ctx, id);
  return {
    id: version.id,
    datasetId: version.datasetId,
    slug: version.slug,
    datasetName: version.datasetName,
    number: version.number,
    manifestDigest: version.manifestDigest,
    contentDigest: version.contentDigest,
    schemaDigest: version.schemaDigest,
    canonicalisation: version.canonicalisation,
    format: TableFormat.parse(version.format),
    rowCount: version.rowCount,
    sizeBytes: version.sizeBytes,
    columns: z.array(TableColumn).parse(version.columns),
    ...Reading.parse(version.reading),
    producedByJobId: version.producedByJobId,
    note: version.note,
    createdBy: version.createdBy,
    createdAt: version.createdAt,
    files: await filesOf(ctx, id),
  };
}

async function readVersion(ctx: Ctx, id: string) {
  const { profile, diff } = await loadVersion(ctx, id);
  return {
    ...(await datasetVersionOf(ctx, id)),
    profile: z.array(ColumnProfile).parse(profile),
    diff: StoredDiff.parse(diff ?? null),
  };
}

export const getVersion = query(
  {
    name: "datasets.version.get",
    permission: READ,
    input: VersionInput,
    summary: "A version: digests, files, schema, profile, difference to the one before",
  },
  ({ ctx, input }) => readVersion(ctx, input.id),
);

export const getVersionByNumber = query(
  {
    name: "datasets.version.get-by-number",
    permission: READ,
    input: VersionNumberInput,
    summary: "A version by dataset and number",
  },
  async ({ ctx, input }) => {
    const dataset = await loadDataset(ctx, input.slug);
    const [found] = await ctx.db
      .select({ id: datasetVersions.id })
      .from(datasetVersions)
      .where(
        and(
          eq(datasetVersions.datasetId, dataset.id),
          input.number === undefined ? undefined : eq(datasetVersions.number, input.number),
        ),
      )
      .orderBy(desc(datasetVersions.number))
      .limit(1);
    if (!found) throw notFound("dataset version", `${input.slug} ${input.number ?? "(latest)"}`);
    return readVersion(ctx, found.id);
  },
);

/** The newest version of the team with this manifest or content digest; undefined when there is none. */
export async function versionByDigest(ctx: Ctx, digest: string) {
  const [found] = await ctx.db
    .select({ id: datasetVersions.id })
    .from(datasetVersions)
    .innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))
    .where(
      and(
        eq(datasetVersions.teamId, ctx.actor.teamId),
        sql`${digest} in (${datasetVersions.manifestDigest}, ${datasetVersions.contentDigest})`,
      ),
    )
    .orderBy(desc(datasetVersions.createdAt), desc(datasetVersions.id))
    .limit(1);
  return found ? datasetVersionOf(ctx, found.id) : undefined;
}

export const findVersionByDigest = query(
  {
    name: "datasets.version.find",
    permission: READ,
    input: DigestInput,
    summary: "Find a version by its manifest or content digest",
  },
  async ({ ctx, input }) => {
    const found = await versionByDigest(ctx, input.digest);
    if (!found) throw notFound("dataset version", input.digest);
    return found;
  },
);

const Preview = z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])));

export const previewVersion = query(
  {
    name: "datasets.version.preview",
    permission: READ,
    input: VersionInput,
    summary: "The first 100 rows of a version",
  },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.id);
    const rows = Preview.parse(version.preview);
    return {
      columns: z.array(TableColumn).parse(version.columns),
      rows,
      rowCount: version.rowCount,
      partial: version.rowCount > rows.length,
    };
  },
);

/** Versions never change, so neither do their differences. */
const compared = new Map<string, TableDiff>();
const COMPARED_MAX = 200;

export const diffVersions = query(
  {
    name: "datasets.version.diff",
    permission: READ,
    input: DiffInput,
    summary: "What changed from one version to another",
  },
  async ({ ctx, input }) => {
    const before = await datasetVersionOf(ctx, input.before);
    const after = await datasetVersionOf(ctx, input.after);
    const heads = {
      before: {
        id: before.id,
        number: before.number,
        slug: before.slug,
        contentDigest: before.contentDigest,
      },
      after: { id: after.id, number: after.number, slug: after.slug, contentDigest: after.contentDigest },
    };
    const key = `${before.id} ${after.id}`;
    const stored = StoredDiff.parse((await loadVersion(ctx, after.id)).diff ?? null);
    const known = stored?.against === before.id ? stored.diff : compared.get(key);
    if (known) return { ...heads, diff: known };
    const diff = await compareVersions(before, after);
    if (compared.size >= COMPARED_MAX) compared.clear();
    compared.set(key, diff);
    return { ...heads, diff };
  },
);

type Comparable = Pick<Awaited<ReturnType<typeof datasetVersionOf>>, "files" | "format" | "text">;

async function stored(version: Comparable) {
  const [file] = version.files;
  if (!file) throw new Error("a version without files");
  const { format, text } = version;
  return {
    file: await objectStore().localPath(file.digest),
    format,
    ...(text && { headerLine: text.headerLine }),
  };
}

/** Compares two versions in a process of its own. @throws AppError `unavailable` when it is lost, `invalid` when it refuses */
export async function compareVersions(before: Comparable, after: Comparable): Promise<TableDiff> {
  try {
    return await analytics().diff(await stored(before), await stored(after));
  } catch (error) {
    if (error instanceof TableRefused) throw invalid(error.failure.message, error.failure.hint);
    throw new AppError("unavailable", "The comparison did not finish.", {
      hint: "Try again in a moment.",
      cause: error,
    });
  }
}

export const openVersionFile = query(
  {
    name: "datasets.version.download",
    permission: READ,
    input: VersionFileInput,
    summary: "Download a file of a version",
  },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.id);
    const file = (await filesOf(ctx, version.id)).find((each) => each.path === input.path);
    if (!file) throw notFound("file", input.path);
    return file;
  },
);
