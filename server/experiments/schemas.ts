import { z } from "zod";
import { firstCharacters } from "@/server/core/characters";
import type { Int64 } from "@/server/core/int64";
import { Int64Input } from "@/server/core/int64-input";
import { MOST_COMPARED } from "./rules";

export const RUN_STATUSES = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
export const VIEW_TYPES = ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"] as const;
export const MODEL_STATUSES = [
  "LOGGED_MODEL_PENDING",
  "LOGGED_MODEL_READY",
  "LOGGED_MODEL_UPLOAD_FAILED",
] as const;

/** Limits of the protocol (mlflow/utils/validation.py). */
export const LIMITS = {
  batchTotal: 1000,
  batchParams: 100,
  batchTags: 100,
  keyLength: 250,
  paramLength: 6000,
  tagLength: 8000,
  experimentNameLength: 500,
  metricPage: 25_000,
} as const;

const Key = z
  .string()
  .min(1, "must not be empty")
  .max(LIMITS.keyLength, `must not be longer than ${LIMITS.keyLength} characters`)
  .regex(/^[\p{L}\p{N}_\-./: ]+$/u, "may hold letters, digits and _ - . / : space only")
  .refine(
    (key) =>
      !key.startsWith("/") && !key.split("/").some((part) => part === ".." || part === "." || part === ""),
    {
      message: "must be a normal relative path: no leading or double slash, no . or ..",
    },
  );

const TagKey = z.string().min(1).max(LIMITS.keyLength);
export const RunId = z.string().regex(/^[a-zA-Z0-9][\w-]{0,255}$/, "is not a run id");
export const ExperimentRef = z.string().regex(/^\d{1,18}$/, "is not an experiment id");

const MAX_DOUBLE = Number.MAX_VALUE;
/** Doubles may be "NaN", "Infinity", "-Infinity"; infinities are clamped to the largest double, as the protocol stores them. */
export const MetricValue = z
  .union(
    [
      z.number(),
      z.bigint().transform(Number),
      z.enum(["NaN", "Infinity", "-Infinity", "inf", "-inf", "nan"]),
      z
        .string()
        .regex(/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/)
        .transform(Number),
    ],
    "must be a number",
  )
  .transform((value) => {
    if (typeof value === "number") return Number.isNaN(value) ? Number.NaN : clamp(value);
    if (value.toLowerCase() === "nan") return Number.NaN;
    return value.startsWith("-") ? -MAX_DOUBLE : MAX_DOUBLE;
  });
const clamp = (value: number) => Math.max(-MAX_DOUBLE, Math.min(MAX_DOUBLE, value));

export const Metric = z.object({
  key: Key,
  value: MetricValue,
  timestamp: Int64Input,
  step: Int64Input.nullish().transform((step): Int64 => step ?? 0),
  model_id: z.string().max(100).nullish(),
  dataset_name: z.string().max(500).nullish(),
  dataset_digest: z.string().max(100).nullish(),
});
export type MetricInput = z.output<typeof Metric>;

export const Param = z.object({
  key: Key,
  value: z.coerce.string().transform((value) => firstCharacters(value, LIMITS.paramLength)),
});
export const Tag = z.object({
  key: TagKey,
  value: z.coerce.string().transform((value) => firstCharacters(value, LIMITS.tagLength)),
});
const ExperimentTag = z.object({ key: TagKey, value: z.coerce.string().max(5000) });

/** Without the spaces around it, wherever it is given: what a script creates it finds again. */
const ExperimentName = z.string().trim().min(1, "must not be empty").max(LIMITS.experimentNameLength);
/** Runs keep their artifacts here, wherever an experiment would have them: another place is refused, not forgotten. */
const ArtifactLocation = z
  .string()
  .regex(
    /^(?:mlflow-artifacts:\/*)?$/,
    "cannot be honoured, because this portal keeps the artifacts of every run itself; leave it out, and register a model that lies elsewhere by its address",
  );
export const CreateExperimentInput = z.object({
  name: ExperimentName,
  artifactLocation: ArtifactLocation.nullish(),
  tags: z.array(ExperimentTag).max(100).default([]),
});
export const ExperimentIdInput = z.object({ experimentId: ExperimentRef });
export const ExperimentNameInput = z.object({ name: ExperimentName });
export const RenameExperimentInput = z.object({ experimentId: ExperimentRef, name: ExperimentName });
export const SetExperimentTagInput = ExperimentIdInput.extend({
  key: TagKey,
  value: z.coerce.string().max(5000),
});
export const DeleteExperimentTagInput = ExperimentIdInput.extend({ key: TagKey });

const SearchBase = z.object({
  filter: z.string().max(10_000).default(""),
  orderBy: z.array(z.string().max(500)).max(10).default([]),
  // Holds the values that the last run was ordered by, of up to ten texts.
  pageToken: z.string().max(20_000).nullish(),
});
export const SearchExperimentsInput = SearchBase.extend({
  viewType: z.enum(VIEW_TYPES).default("ACTIVE_ONLY"),
  maxResults: z.coerce.number().int().min(1).max(50_000).default(1000),
});
export const SearchRunsInput = SearchBase.extend({
  experimentIds: z.array(ExperimentRef).max(1000).default([]),
  viewType: z.enum(VIEW_TYPES).default("ACTIVE_ONLY"),
  maxResults: z.coerce.number().int().min(1).max(50_000).default(1000),
});
export const SearchLoggedModelsInput = SearchBase.omit({ orderBy: true }).extend({
  experimentIds: z.array(ExperimentRef).min(1).max(1000),
  maxResults: z.coerce.number().int().min(1).max(100).default(50),
  /** Metrics count only where they were measured on one of these. */
  datasets: z
    .array(z.object({ name: z.string().max(500), digest: z.string().max(36).nullish() }))
    .max(100)
    .default([]),
  orderBy: z
    .array(
      z.object({
        field: z.string().min(1).max(300),
        ascending: z.boolean().default(true),
        datasetName: z.string().max(500).nullish(),
        datasetDigest: z.string().max(36).nullish(),
      }),
    )
    .max(10)
    .default([]),
});

export const CreateRunInput = z.object({
  experimentId: ExperimentRef.default("0"),
  runName: z.string().max(500).nullish(),
  userName: z.string().max(256).default(""),
  startMs: Int64Input.optional(),
  tags: z.array(Tag).max(200).default([]),
});
export const RunIdInput = z.object({ runId: RunId });
export const UpdateRunInput = z.object({
  runId: RunId,
  status: z.enum(RUN_STATUSES).optional(),
  endMs: Int64Input.nullish(),
  runName: z.string().max(500).nullish(),
});

/** In the words of the protocol, which its clients show as they are. */
const tooMany = (limit: number, what: string, count: number) =>
  `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`;
const atMost = (limit: number, what: string) => ({
  error: ({ input }: { input?: unknown }) => tooMany(limit, what, Array.isArray(input) ? input.length : 0),
});

export const LogBatchInput = z
  .object({
    runId: RunId,
    metrics: z.array(Metric).max(LIMITS.batchTotal, atMost(LIMITS.batchTotal, "metrics")).default([]),
    params: z.array(Param).max(LIMITS.batchParams, atMost(LIMITS.batchParams, "params")).default([]),
    tags: z.array(Tag).max(LIMITS.batchTags, atMost(LIMITS.batchTags, "tags")).default([]),
  })
  .superRefine(({ metrics, params, tags }, check) => {
    const count = metrics.length + params.length + tags.length;
    if (count <= LIMITS.batchTotal) return;
    check.addIssue({
      code: "custom",
      message: tooMany(LIMITS.batchTotal, "metrics, params, and tags", count),
    });
  });
export const DeleteRunTagInput = z.object({ runId: RunId, key: TagKey });

const DatasetInput = z.object({
  tags: z.array(z.object({ key: z.string().max(255), value: z.string().max(500) })).default([]),
  dataset: z.object({
    name: z.string().min(1).max(500),
    digest: z.string().min(1).max(100),
    source_type: z.string().default("local"),
    source: z.string().max(65_535).default(""),
    schema: z.string().max(1_048_575).nullish(),
    profile: z.string().max(16_777_215).nullish(),
  }),
});
const ModelId = z.string().max(100);
export const LogInputsInput = z.object({
  runId: RunId,
  datasets: z.array(DatasetInput).max(1000).default([]),
  models: z
    .array(z.object({ model_id: ModelId }))
    .max(100)
    .default([]),
});
export const LogOutputsInput = z.object({
  runId: RunId,
  models: z
    .array(z.object({ model_id: ModelId, step: Int64Input.default(0) }))
    .max(100)
    .default([]),
});
export const MetricHistoryInput = z.object({
  runId: RunId,
  key: z.string().min(1).max(LIMITS.keyLength),
  maxResults: z.coerce.number().int().min(1).max(LIMITS.metricPage).default(LIMITS.metricPage),
  pageToken: z.string().max(500).nullish(),
});

const ModelName = z
  .string()
  .min(1, "must not be empty")
  .max(500)
  .refine((name) => !/[/:.%"']/.test(name), { message: "may not hold / : . % \" or '" });
const Pairs = z
  .array(z.object({ key: z.string().min(1).max(250), value: z.coerce.string().max(100_000) }))
  .max(100);
export const LoggedModelId = z.string().regex(/^m-[0-9a-f]{32}$/, "is not a logged model id");
export const CreateLoggedModelInput = z.object({
  experimentId: ExperimentRef,
  name: ModelName.nullish(),
  modelType: z.string().max(500).nullish(),
  sourceRunId: RunId.nullish(),
  params: Pairs.default([]),
  tags: Pairs.default([]),
});
export const LoggedModelIdInput = z.object({ modelId: LoggedModelId });
export const FinalizeLoggedModelInput = LoggedModelIdInput.extend({ status: z.enum(MODEL_STATUSES) });
export const LoggedModelPairsInput = LoggedModelIdInput.extend({ pairs: Pairs });
export const DeleteLoggedModelTagInput = LoggedModelIdInput.extend({ key: z.string().min(1).max(250) });

export const ArtifactPathInput = z.object({ path: z.string().max(2000) });

export const CompareRunsInput = z.object({ runIds: z.array(RunId).min(2).max(MOST_COMPARED) });
export const MetricSeriesInput = z.object({
  runIds: z.array(RunId).min(1).max(MOST_COMPARED),
  key: z.string().min(1).max(LIMITS.keyLength),
  maxPoints: z.coerce.number().int().min(10).max(2000).default(1000),
});
/** As the answer before said it; "0" before the first. */
const Since = z.string().regex(/^\d{1,19}$/, "is not what an earlier answer said");
export const MetricChangesInput = z.object({
  runId: RunId,
  since: Since.default("0"),
  /** Curves that are shown: when each was read, and step and time of its last point. */
  curves: z
    .array(
      z.object({
        key: z.string().min(1).max(LIMITS.keyLength),
        since: Since,
        after: z.tuple([z.number(), z.number()]).nullable(),
      }),
    )
    .max(100)
    .default([]),
  maxPoints: z.coerce.number().int().min(10).max(2000).default(1000),
});
export const ListRunsInput = z.object({
  experimentId: ExperimentRef,
  filter: z.string().max(5000).default(""),
  orderBy: z.string().max(500).default(""),
  /** A term of the order that comes before it: runs of one value stand together, over the pages too. */
  groupBy: z.string().max(500).default(""),
  cursor: z.string().max(4_000).nullish(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
