import { z } from "zod";
import { PageInput } from "@/server/core/pagination";
import { HeaderLine } from "@/server/adapters/analytics/schemas";
import { CLASSIFICATIONS, DATASET_SORTS } from "./rules";

export {
  ColumnProfile,
  Inspection,
  InspectionFailure,
  Reading,
  TableColumn,
  TableDiff,
} from "@/server/adapters/analytics/schemas";
export type { Cell } from "@/server/adapters/analytics/schemas";

export const Classification = z.enum(CLASSIFICATIONS);
export type Classification = z.infer<typeof Classification>;

export const MAX_UPLOAD_BYTES = 8 * 1024 * 1024 * 1024;

export const DatasetSlug = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    "Use 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit.",
  );

/** A name that `sha256sum` prints as it is, so that the manifest digest can be checked by hand. */
export const FileName = z
  .string()
  .max(200, "Use at most 200 characters.")
  .regex(
    /^[\p{L}\p{N}_][\p{L}\p{N}._ ()+=@-]*$/u,
    "Use letters, digits, spaces and . _ - ( ) + = @, beginning with a letter or digit.",
  )
  .refine((name) => name === name.normalize("NFC"), "Use the composed form (NFC) of its letters.");

const Name = z.string().trim().min(1, "Enter a name.").max(100, "Use at most 100 characters.");
const Description = z.string().trim().max(2_000, "Use at most 2,000 characters.");
const Note = z.string().trim().max(500, "Use at most 500 characters.");

export const CreateDatasetInput = z.object({
  name: Name,
  /** Made of the name when left out. */
  slug: DatasetSlug.optional(),
  description: Description.default(""),
  classification: Classification.default("internal"),
});

export const DatasetInput = z.object({ slug: z.string().min(1).max(80) });

export const UpdateDatasetInput = DatasetInput.extend({
  name: Name.optional(),
  description: Description.optional(),
  classification: Classification.optional(),
  ownerId: z.string().max(60).optional(),
  /** The `updatedAt` that was read; when it has moved on, the update is refused. */
  expectedUpdatedAt: z.coerce.date().optional(),
});

const oneOrMany = (value: unknown) =>
  typeof value === "string" ? value.split(",").filter((part) => part !== "") : value;

const Filters = z.object({
  q: z.string().max(200).optional(),
  classification: z.preprocess(oneOrMany, z.array(Classification).optional()),
  state: z.preprocess(oneOrMany, z.array(z.enum(["active", "archived"])).optional()),
  sort: z.enum(DATASET_SORTS).default("updatedAt"),
  order: z.enum(["asc", "desc"]).default("desc"),
});

export const ListDatasetsInput = PageInput.extend(Filters.shape);
export const ExportDatasetsInput = Filters.extend({ format: z.enum(["csv", "json"]).default("csv") });

/** What the form of a dataset's details holds. */
export const DatasetDetailsInput = CreateDatasetInput.pick({
  name: true,
  description: true,
  classification: true,
})
  .required()
  .extend({ ownerId: z.string().max(60) });

export const ListVersionsInput = PageInput.extend(DatasetInput.shape);
export const VersionInput = z.object({ id: z.string().min(1).max(60) });
/** Without a number: the latest. */
export const VersionNumberInput = DatasetInput.extend({
  number: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
});
export const VersionFileInput = VersionInput.extend({ path: z.string().min(1).max(200) });
export const DiffInput = z.object({ before: z.string().min(1).max(60), after: z.string().min(1).max(60) });
export const DigestInput = z.object({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, "Give sha256: and 64 lower-case hex digits."),
});

export const BeginUploadInput = DatasetInput.extend({
  fileName: FileName,
  note: Note.default(""),
  /** Create the dataset when there is none of this slug. */
  create: z.stringbool().or(z.boolean()).default(false),
  /** Name of a dataset that is created on the way; the slug otherwise. */
  name: Name.optional(),
  /** `sha256:<hex>` of the file, refused when the bytes differ. */
  digest: DigestInput.shape.digest.optional(),
});

export const FinishUploadInput = z.object({
  uploadId: z.string(),
  blobDigest: DigestInput.shape.digest,
  sizeBytes: z.number().int().min(0),
});
export const UploadInput = z.object({ id: z.string().min(1).max(60) });
export const ReadFromLineInput = UploadInput.extend({
  headerLine: z.coerce
    .number("Give the line that names the columns, such as 4.")
    .pipe(HeaderLine)
    .describe("The line that names the columns, from 1; what is above it is no part of the table"),
});

export const IngestFileInput = z
  .object({
    datasetId: z.string().max(60).optional(),
    slug: DatasetSlug.optional(),
    name: Name.optional(),
    blobDigest: DigestInput.shape.digest,
    fileName: FileName,
    producedByJobId: z.string().max(60).optional(),
    note: Note.default(""),
  })
  .refine((input) => input.datasetId !== undefined || input.slug !== undefined, {
    path: ["slug"],
    message: "Give a dataset id or a slug.",
  });
