import { z } from "zod";
import { PageInput } from "@/server/core/pagination";
import { JOB_STATES } from "./rules";

const Name = z
  .string()
  .trim()
  .min(1, "is needed")
  .max(80, "is longer than 80 characters")
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]*$/, "uses letters, digits, spaces, dots, dashes and underscores");
const InputName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "uses letters, digits and underscores, not beginning with a digit");
const EnvName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is no name of a variable")
  .refine((name) => !name.startsWith("MODELWORKS_"), "may not begin with MODELWORKS_: the portal sets those");
const OutputPath = z
  .string()
  .min(1)
  .max(512)
  .refine(
    (path) => !path.startsWith("/") && !path.split("/").includes(".."),
    "is a path inside the outputs folder",
  );

export const ParamValue = z.union([z.string().max(4000), z.number(), z.boolean()]);
export type ParamValue = z.output<typeof ParamValue>;

const MIB = 1024 ** 2;
/** CPU in thousandths of a core, memory in bytes, GPU in thousandths of a device of one flavor. */
export const Resources = z
  .object({
    cpuMilli: z.number().int().min(50, "is at least 50 (0.05 cores)").max(1_000_000),
    memoryBytes: z
      .number()
      .int()
      .min(64 * MIB, "is at least 64 MiB")
      .max(2 ** 43),
    gpuFlavor: z.string().max(60).nullish(),
    gpuMilli: z.number().int().min(0).max(1_000_000).default(0),
  })
  .refine((value) => value.gpuMilli === 0 || value.gpuFlavor, {
    path: ["gpuFlavor"],
    message: "names the kind of GPU",
  });
export type Resources = z.output<typeof Resources>;

export const JobOutputSpec = z.object({
  path: OutputPath,
  dataset: z.object({
    slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "uses lower-case letters, digits and dashes"),
    name: z.string().trim().min(1).max(120),
  }),
});

export const TIME_LIMIT_MAX_SECONDS = 30 * 24 * 3600;

/** What a caller asks for. With a template, command, requirements and what else is left out come from it. */
export const DispatchJobInput = z
  .object({
    name: Name.optional(),
    template: z.object({ name: z.string().max(80), version: z.string().max(40).optional() }).optional(),
    command: z.array(z.string().max(8000)).min(1).max(100).optional(),
    /** Content of a locked requirements file; jobs without one run with what the machine has. */
    requirements: z.string().max(1_000_000).optional(),
    params: z.record(z.string().max(64), ParamValue).default({}),
    env: z.record(EnvName, z.string().max(8000)).default({}),
    inputs: z
      .array(z.object({ name: InputName, datasetVersionId: z.string().max(80) }))
      .max(20)
      .default([]),
    resources: Resources.optional(),
    timeLimitSeconds: z
      .number()
      .int()
      .min(5, "is at least 5 s")
      .max(TIME_LIMIT_MAX_SECONDS, "is at most 30 days")
      .optional(),
    maxAttempts: z.number().int().min(1).max(10).default(1),
    priority: z.number().int().min(-10).max(10).default(0),
    outputs: z.array(JobOutputSpec).max(20).default([]),
    /** Same key, same team: the job of the first dispatch. */
    dedupKey: z.string().min(1).max(200).optional(),
  })
  .refine((value) => value.template !== undefined || value.command !== undefined, {
    path: ["command"],
    message: "is needed when there is no template",
  });
export type DispatchJobInput = z.input<typeof DispatchJobInput>;

/** A file of a template as it was when the job was dispatched. */
const CodeFile = z.object({ path: z.string(), digest: z.string(), sizeBytes: z.number() });

/** What a job is, complete and unchanging: the same specification is the same job. */
export const JobSpec = z.object({
  name: z.string(),
  template: z.object({ name: z.string(), version: z.string() }).nullable(),
  command: z.array(z.string()),
  requirements: z.string().nullable(),
  params: z.record(z.string(), ParamValue),
  env: z.record(z.string(), z.string()),
  inputs: z.array(z.object({ name: z.string(), datasetVersionId: z.string() })),
  resources: z.object({
    cpuMilli: z.number(),
    memoryBytes: z.number(),
    gpuFlavor: z.string().nullable(),
    gpuMilli: z.number(),
  }),
  timeLimitSeconds: z.number(),
  maxAttempts: z.number(),
  outputs: z.array(JobOutputSpec),
  code: z
    .object({
      /** Manifest digest (in-toto dirHash) over the files below. */
      digest: z.string(),
      files: z.array(CodeFile),
      /** Commit of the checkout the template came from; null outside of one. */
      gitCommit: z.string().nullable(),
      /** The template's files differ from that commit. */
      gitDirty: z.boolean(),
    })
    .nullable(),
});
export type JobSpec = z.output<typeof JobSpec>;

export const JobState = z.enum(JOB_STATES);
export type JobState = z.output<typeof JobState>;

const csv = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (typeof value === "string" ? value.split(",").filter(Boolean) : value),
    z.array(item).max(20),
  );

export const ListJobsInput = PageInput.extend({
  q: z.string().max(200).default(""),
  states: csv(JobState).default([]),
  templates: csv(z.string().max(80)).default([]),
  mine: z.preprocess((value) => value === true || value === "true", z.boolean()).default(false),
});
export const JobIdInput = z.object({ id: z.string().max(80) });
export const JobOutputInput = JobIdInput.extend({ path: z.string().min(1).max(1024) });
export const CancelJobInput = JobIdInput.extend({ reason: z.string().trim().max(500).default("") });
export const CancelJobsInput = z.object({
  ids: z.array(z.string().max(80)).min(1).max(200),
  reason: z.string().trim().max(500).default(""),
});
export const JobLogInput = JobIdInput.extend({
  attempt: z.coerce.number().int().min(1).optional(),
  offset: z.coerce.number().int().min(0).default(0),
});
export const TemplateNameInput = z.object({ name: z.string().max(80) });

const ParameterBase = {
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/),
  title: z.string(),
  help: z.string().optional(),
  /** For demonstrations and scripts: the launch form leaves it out unless its address names it. */
  isHidden: z.boolean().optional(),
};
export const TemplateParameter = z.discriminatedUnion("type", [
  z.object({
    ...ParameterBase,
    type: z.literal("string"),
    default: z.string().default(""),
    /** It names a column, or several separated by commas, of the table of that input. */
    columnOf: z.string().optional(),
    columnsOf: z.string().optional(),
    /** How many different values the column must have. */
    distinct: z.number().int().optional(),
    /** It is a name of something new, made from the name of that input's dataset until someone types another. */
    namedAfter: z.string().optional(),
  }),
  z.object({
    ...ParameterBase,
    type: z.literal("number"),
    default: z.number(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  }),
  z.object({
    ...ParameterBase,
    type: z.literal("integer"),
    default: z.number().int(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  }),
  z.object({ ...ParameterBase, type: z.literal("boolean"), default: z.boolean() }),
  z.object({
    ...ParameterBase,
    type: z.literal("enum"),
    default: z.string(),
    options: z.array(z.string()).min(1),
  }),
]);
export type TemplateParameter = z.output<typeof TemplateParameter>;

/** `templates/<name>/template.yaml`. */
export const TemplateFile = z.object({
  apiVersion: z.literal("modelworks.dev/v1"),
  kind: z.literal("JobTemplate"),
  metadata: z.object({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
    title: z.string(),
    description: z.string(),
    version: z.string(),
  }),
  spec: z.object({
    command: z.array(z.string()).min(1),
    requirements: z.string().optional(),
    resources: z.object({
      cpuMilli: z.number().int(),
      memoryBytes: z.number().int(),
      timeLimitSeconds: z.number().int(),
    }),
    parameters: z.array(TemplateParameter),
    inputs: z.array(
      z.object({
        name: InputName,
        title: z.string(),
        accepts: z.array(z.string()).default([]),
        optional: z.boolean().default(false),
      }),
    ),
    outputs: z.array(z.object({ name: z.string(), title: z.string() })),
  }),
});
export type TemplateFile = z.output<typeof TemplateFile>;

// Quota

export const ResourceName = z
  .string()
  .max(80)
  .regex(/^(cpu|memory|gpu:[a-z0-9][a-z0-9.-]*)$/, "is cpu, memory or gpu:<flavor>");
const Flavor = z
  .string()
  .max(60)
  .regex(/^[a-z0-9][a-z0-9.-]*$/, "uses lower-case letters, digits, dots and dashes");
const Why = z.string().trim().min(10, "says in at least ten characters why").max(2000);

export const RequestQuotaInput = z.object({
  flavor: Flavor,
  amountMilli: z.number().int().min(100, "is at least 0.1 GPU").max(1_000_000),
  until: z.coerce.date(),
  why: Why,
});
export const QuotaRequestIdInput = z.object({ id: z.string().max(80) });
export const DecideQuotaInput = QuotaRequestIdInput.extend({
  decision: z.enum(["approve", "reject"]),
  reason: z.string().trim().min(3, "says why").max(2000),
});
export const SetQuotaInput = z.object({
  teamId: z.string().max(80),
  resource: ResourceName,
  amount: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 50),
  reason: z.string().trim().max(500).default(""),
});
export const SetGpuFlavorInput = z.object({
  name: Flavor,
  title: z.string().trim().min(1).max(80),
  capacityMilli: z.number().int().min(0).max(10_000_000),
});
export const ListQuotaRequestsInput = PageInput.extend({
  states: csv(z.enum(["open", "approved", "rejected", "withdrawn", "expired"])).default([]),
  /** `all` shows every team's, to platform administrators only. */
  scope: z.enum(["team", "all"]).default("team"),
});
