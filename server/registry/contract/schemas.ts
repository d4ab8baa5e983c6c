import { z } from "zod";
import { DATATYPES } from "@/server/adapters/model-runtime/datatypes.mjs";

/** What a deployment records of each request. */
export const OBSERVABILITY = ["latency", "errors", "predictions", "feedback", "drift"] as const;

export const TensorSpec = z.strictObject({
  name: z.string().min(1, "must not be empty").max(256),
  datatype: z.enum(DATATYPES, { message: `must be one of ${DATATYPES.join(", ")}` }),
  /** -1 stands for any size; without dimensions it is a single value. */
  shape: z.array(z.number().int("must be a whole number").min(-1, "must be -1 (any) or a size")).max(8),
  featureNames: z.array(z.string().min(1).max(256)).max(10_000).optional(),
  description: z.string().max(2000).optional(),
});
export type TensorSpec = z.infer<typeof TensorSpec>;

const uniqueNames = (tensors: readonly { name: string }[]) =>
  new Set(tensors.map((tensor) => tensor.name)).size === tensors.length;
const Tensors = z.array(TensorSpec).max(64).refine(uniqueNames, { message: "names a tensor twice" });

/** Whole numbers that a double cannot hold as their digits, which tensors take and JSON keeps. */
const storable = (value: unknown): unknown =>
  typeof value === "bigint" ? String(value) : Array.isArray(value) ? value.map(storable) : value;

/** Values of one input as a caller would send them: flat or nested, in the words of the inference protocol. */
const ExampleTensor = z.strictObject({
  name: z.string().min(1).max(256),
  datatype: z.enum(DATATYPES).optional(),
  shape: z.array(z.number().int().min(0)).max(8),
  data: z
    .array(z.unknown())
    .max(100_000)
    .transform((values) => values.map(storable)),
});

/** What a version promises to its callers and asks of its host. */
export const Contract = z
  .strictObject({
    /** Some models take nothing, such as a generator. */
    inputs: Tensors,
    outputs: Tensors.min(1, "needs at least one output"),
    resources: z.strictObject({
      cpuMilli: z.number().int().min(1, "must be at least 1").max(256_000),
      memoryBytes: z
        .number()
        .int()
        .min(1_048_576, "must be at least 1 MiB")
        .max(2 ** 42),
    }),
    /** Highest latency of one request inside the server, 95th percentile, in milliseconds. */
    latencyBoundMs: z.number().positive("must be above 0").max(600_000),
    /** Requests that wait together may be run together, with this many rows at most: no row changes the answer to another. */
    batching: z
      .strictObject({ maxRows: z.number().int().min(2, "must be at least 2").max(4_096) })
      .optional(),
    observability: z.array(z.enum(OBSERVABILITY)).max(OBSERVABILITY.length),
    /** A request that the model must answer before it may be deployed; without one, values are made from the inputs' types. */
    example: z.array(ExampleTensor).max(64).optional(),
  })
  .superRefine((contract, context) => {
    if (contract.batching && [...contract.inputs, ...contract.outputs].some(({ shape }) => shape[0] !== -1))
      context.addIssue({
        code: "custom",
        path: ["batching"],
        message: "needs inputs and outputs whose first dimension, the rows, is -1",
      });
    for (const side of ["inputs", "outputs"] as const) {
      contract[side].forEach((tensor, index) => {
        const width = tensor.shape.at(-1);
        if (tensor.featureNames && width !== undefined && width >= 0 && tensor.featureNames.length !== width)
          context.addIssue({
            code: "custom",
            path: [side, index, "featureNames"],
            message: `names ${tensor.featureNames.length} features, but the last dimension is ${width}`,
          });
      });
    }
  });
export type Contract = z.infer<typeof Contract>;

/** One tensor as the model file declares it; a dimension is a size, a symbol, or null when it is free. */
export const SignatureTensor = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.union([z.number(), z.string(), z.null()])),
  /** Of an input that a request may leave out. */
  optional: z.boolean().optional(),
});
export const Signature = z.object({
  inputs: z.array(SignatureTensor),
  outputs: z.array(SignatureTensor),
  /** Of a model that MLflow loads: values beside the inputs that a request may set, as its trial found them. */
  parameters: z
    .array(z.object({ name: z.string(), type: z.string(), isList: z.boolean(), default: z.string() }))
    .optional(),
  /** From the ONNX metadata `feature_names`. */
  featureNames: z.array(z.string()).optional(),
});
export type Signature = z.infer<typeof Signature>;
export type SignatureTensor = z.infer<typeof SignatureTensor>;

export const CheckLine = z.object({
  side: z.enum(["input", "output"]),
  name: z.string(),
  declared: z.string().nullable(),
  actual: z.string().nullable(),
  verdict: z.enum(["match", "mismatch", "missing", "undeclared"]),
  text: z.string(),
});
export type CheckLine = z.infer<typeof CheckLine>;

/** The contract against the real signature, line by line. */
export const ContractCheck = z.object({
  signatureKnown: z.boolean(),
  lines: z.array(CheckLine),
  mismatches: z.array(z.string()),
  /** Why a drafted contract could not be taken, by field. */
  problems: z.record(z.string(), z.string()),
});
export type ContractCheck = z.infer<typeof ContractCheck>;
