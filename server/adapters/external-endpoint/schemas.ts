import { z } from "zod";
import { DATATYPES } from "../model-runtime/port";

/** The one file of a version that is served elsewhere. Its digest stands in the manifest, so another address is another version. */
export const ENDPOINT_FILE = "endpoint.json";

const HTTP_NAME = /^(?!\.+$)[\w.~@+-]+$/;
/** What a credential is called. */
export const CredentialName = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(64, "must not be longer than 64 characters")
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "may hold small letters, digits and - only");

function problemOf(text: string): string | undefined {
  if (!URL.canParse(text)) return "must be an address that begins with https:// or http://";
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https:// or http://";
  if (url.username !== "" || url.password !== "")
    return "must hold no user or password; store them as a credential and name it";
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(text))
    return "must end before ? and #; what is secret belongs into a credential";
  return undefined;
}

const EndpointUrl = z
  .string()
  .trim()
  .max(2000)
  .superRefine((text, context) => {
    const message = problemOf(text);
    if (message) context.addIssue({ code: "custom", message });
  });

const TensorSpec = z.strictObject({
  name: z.string().min(1, "must not be empty").max(256),
  datatype: z.enum(DATATYPES),
  shape: z.array(z.number().int().min(-1)).max(8),
});
const uniqueNames = (tensors: readonly { name: string }[]) =>
  new Set(tensors.map((tensor) => tensor.name)).size === tensors.length;
/** Row by row: the first dimension counts the rows. */
const RowTensors = z
  .array(TensorSpec)
  .min(1, "needs at least one")
  .max(64)
  .refine(uniqueNames, { message: "names a tensor twice" })
  .refine((all) => all.every(({ shape }) => shape[0] === -1), {
    message: "must have rows of any number: begin each shape with -1",
  });

/** What a server takes and gives that does not say so itself. */
export const RowSignature = z.object({ inputs: RowTensors, outputs: RowTensors });
export type RowSignature = z.output<typeof RowSignature>;

const MAX_TIMEOUT_MS = 600_000;

const common = {
  url: EndpointUrl,
  /** No answer after so long is none; a contract or the gateway may ask for less. */
  timeoutMs: z.number().int().min(100, "must be at least 100").max(MAX_TIMEOUT_MS).default(10_000),
  /** Requests on their way at once, of each gateway. */
  maxConcurrency: z.number().int().min(1, "must be at least 1").max(256).default(16),
  /** Name of one of the team's credentials. */
  credential: CredentialName.nullable().default(null),
};

/** What happens when the far end says that it serves something else than at the trial. */
export const ON_CHANGE = ["alert", "stop"] as const;

const name = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(256)
  .regex(HTTP_NAME, "may hold letters, digits and . _ ~ @ + - only");

const OipEndpoint = z.strictObject({
  protocol: z.literal("oip"),
  ...common,
  /** Name of the model there. */
  model: name,
  /** Its version there; null for the one that the far end chooses. */
  version: name.nullable().default(null),
  onChange: z.enum(ON_CHANGE).default("alert"),
});

/** How rows are sent: as KServe V1 and TensorFlow Serving take them, and as MLflow's scoring server does. */
export const JSON_FORMS = ["instances", "inputs", "dataframe_split"] as const;

const JsonEndpoint = z
  .strictObject({
    protocol: z.literal("http-json"),
    ...common,
    form: z.enum(JSON_FORMS).default("instances"),
    /** Of a table that is one input: the names of its columns. Other tables have a column for each input. */
    columns: z.array(z.string().min(1).max(256)).max(10_000).optional(),
    /** Such a server does not tell what it takes and gives, so the file does. */
    inputs: RowTensors,
    outputs: RowTensors,
    /** Path on the same host that answers 200 while it is well; null to ask for the address itself, which must then answer anything below 500. */
    healthPath: z
      .string()
      .regex(/^\/(?![/\\])[^\s?#\\]*$/, "must be a path that begins with one /, without ? and #")
      .max(500)
      .nullable()
      .default(null),
  })
  .superRefine((file, context) => {
    if (file.form !== "dataframe_split") return;
    const [only, second] = file.inputs;
    const isTable = second === undefined && only?.shape.length === 2;
    const width = isTable ? only.shape[1] : undefined;
    if (file.columns && (!isTable || (width !== -1 && width !== file.columns.length)))
      context.addIssue({
        code: "custom",
        path: ["columns"],
        message: "must name the columns of one input with the shape [-1, columns]",
      });
    const isColumn = (shape: readonly number[]) =>
      shape.length === 1 || (shape.length === 2 && shape[1] === 1);
    if (!isTable && !file.inputs.every(({ shape }) => isColumn(shape)))
      context.addIssue({
        code: "custom",
        path: ["inputs"],
        message: "must be one table, or columns with the shape [-1] each",
      });
  });

export const EndpointFile = z.discriminatedUnion("protocol", [OipEndpoint, JsonEndpoint]);
export type EndpointFile = z.output<typeof EndpointFile>;
export type OipEndpoint = z.output<typeof OipEndpoint>;
export type JsonEndpoint = z.output<typeof JsonEndpoint>;

const Described = z.object({
  name: z.string().max(1000),
  datatype: z.enum(DATATYPES),
  shape: z.array(z.number().int()).max(32),
});

/** What the far end said of its model, as it was at the trial. */
export const Reported = z.object({
  name: z.string().max(1000),
  versions: z
    .array(z.string().max(1000))
    .max(1000)
    .nullish()
    .transform((all) => all ?? []),
  platform: z
    .string()
    .max(1000)
    .nullish()
    .transform((word) => word ?? ""),
  inputs: z.array(Described).max(64),
  outputs: z.array(Described).max(64),
});
export type Reported = z.output<typeof Reported>;
