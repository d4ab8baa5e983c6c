import { z } from "zod";

export const TableFormat = z.enum(["csv", "parquet"]);
export type TableFormat = z.infer<typeof TableFormat>;

/** One column: its logical type decides how its values are hashed, its engine type how they are stored. */
export const TableColumn = z.object({
  name: z.string(),
  type: z.string(),
  engineType: z.string(),
  nullable: z.boolean(),
});
export type TableColumn = z.infer<typeof TableColumn>;

const Cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type Cell = z.infer<typeof Cell>;

const Bin = z.object({ from: z.number(), to: z.number(), count: z.number().int() });

/** Exact numbers over all rows of one column; times and dates are counted in epoch seconds. */
export const ColumnProfile = z.object({
  name: z.string(),
  count: z.number().int(),
  nulls: z.number().int(),
  distinct: z.number().int(),
  min: Cell,
  max: Cell,
  mean: z.number().nullable(),
  std: z.number().nullable(),
  quantiles: z
    .object({ p05: z.number(), p25: z.number(), p50: z.number(), p75: z.number(), p95: z.number() })
    .nullable(),
  /** NaN and infinite values; left out of the numbers above. */
  nonFinite: z.number().int(),
  length: z.object({ min: z.number(), max: z.number(), mean: z.number() }).nullable(),
  top: z.array(z.object({ value: Cell, count: z.number().int() })),
  histogram: z.array(Bin),
  /** What a careful reader should know, such as text in a column that is otherwise numbers. */
  remark: z.string().nullable(),
});
export type ColumnProfile = z.infer<typeof ColumnProfile>;

/** Above it stand a title or notes; nobody writes more of them. */
export const HeaderLine = z.number().int().min(1).max(1_000);

export const Reading = z.object({
  /** How the text of a CSV file is to be read; `encoding` as Python calls it. */
  text: z
    .object({
      delimiter: z.string(),
      encoding: z.string(),
      /** The line that names the columns, from 1; what is above it is no part of the table. */
      headerLine: HeaderLine.default(1),
    })
    .optional(),
  /** What a careful reader should know of the file as a whole. */
  remarks: z.array(z.string()).default([]),
});

export type Reading = z.infer<typeof Reading>;

export const Inspection = z.object({
  format: TableFormat,
  mediaType: z.string(),
  rowCount: z.number().int(),
  columns: z.array(TableColumn),
  contentDigest: z.string(),
  schemaDigest: z.string(),
  canonicalisation: z.string(),
  profile: z.array(ColumnProfile),
  preview: z.array(z.array(Cell)),
  ...Reading.shape,
});
export type Inspection = z.infer<typeof Inspection>;

const Shift = z.object({
  name: z.string(),
  type: z.string().default(""),
  /** `ks`: greatest distance of the two distribution functions; `tv`: half the summed differences of the shares. Both 0 to 1. */
  statistic: z.enum(["ks", "tv"]),
  value: z.number(),
  /** Whether the two samples differ by more than chance at the 1 % level (asymptotic two-sample KS); null for `tv`. */
  beyondChance: z.boolean().nullable(),
  nullShareBefore: z.number(),
  nullShareAfter: z.number(),
  meanBefore: z.number().nullable(),
  meanAfter: z.number().nullable(),
});

export const TableDiff = z.object({
  columnsAdded: z.array(z.object({ name: z.string(), type: z.string() })),
  columnsRemoved: z.array(z.object({ name: z.string(), type: z.string() })),
  columnsRetyped: z.array(z.object({ name: z.string(), before: z.string(), after: z.string() })),
  rowsBefore: z.number().int(),
  rowsAfter: z.number().int(),
  rowsAdded: z.number().int(),
  rowsRemoved: z.number().int(),
  rowsUnchanged: z.number().int(),
  /** Rows are compared by digest over these columns: all of them when both tables have the same. */
  rowsComparedBy: z.enum(["all columns", "shared columns", "nothing in common"]),
  shifts: z.array(Shift),
});
export type TableDiff = z.infer<typeof TableDiff>;

/** Why a file is no table; `line` and `column` (in characters, from 1) say where. */
export const InspectionFailure = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  line: z.number().int().optional(),
  column: z.number().int().optional(),
  /** Where the table may begin instead, with the first names found there; a choice for a person. */
  offer: z.object({ headerLine: HeaderLine, names: z.array(z.string()) }).optional(),
});
export type InspectionFailure = z.infer<typeof InspectionFailure>;

const Stored = z.object({ file: z.string(), format: TableFormat, headerLine: HeaderLine.optional() });

export const InspectorRequest = z.discriminatedUnion("op", [
  z.object({
    op: z.literal("inspect"),
    file: z.string(),
    headerLine: HeaderLine.optional(),
    scratch: z.string(),
    memoryBytes: z.number(),
  }),
  z.object({
    op: z.literal("diff"),
    before: Stored,
    after: Stored,
    scratch: z.string(),
    memoryBytes: z.number(),
  }),
]);
export type InspectorRequest = z.infer<typeof InspectorRequest>;

export const InspectorAnswer = z.discriminatedUnion("status", [
  z.object({ status: z.literal("inspected"), inspection: Inspection }),
  z.object({ status: z.literal("compared"), diff: TableDiff }),
  z.object({ status: z.literal("refused"), failure: InspectionFailure }),
]);
export type InspectorAnswer = z.infer<typeof InspectorAnswer>;
