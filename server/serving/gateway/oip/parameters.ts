import { clip } from "@/server/core/characters";
import { invalidField } from "@/server/core/errors";
import { PROTOCOL_PARAMETERS } from "../../rules";
import { countOf, type Fields, fieldsOf, flagOf, shown, within } from "./fields";

/** What a request's parameters ask for; a parameter is honoured or refused by its name, never passed over. */
export interface RequestParameters {
  /** Answer with binary tensors where an output does not say otherwise. */
  binaryOutput: boolean;
  /** How long the answer is wanted, counted from the arrival; undefined for as long as the deployment allows. */
  deadlineMs: number | undefined;
  /** Those that the model's signature names, as they came: its runtime knows their types. */
  parameters: Fields | undefined;
}

/** Says how a client reads a tensor (MLServer's codecs); changes nothing here. */
const HINTS = new Set(["content_type"]);

const NO_SEQUENCE = "sequences are not kept: each request stands alone";
const NO_MEMORY = "tensors come in the request's body, not in shared memory";

const REFUSALS: readonly [RegExp, string][] = [
  [/^sequence_/, NO_SEQUENCE],
  [/^shared_memory_/, NO_MEMORY],
  [/^triton_/, "is reserved for Triton's own use"],
  [/^headers$/, "headers are not handed to models"],
];

function refuse(name: string, at: string, known: readonly string[]): never {
  const told = REFUSALS.find(([pattern]) => pattern.test(name))?.[1];
  throw invalidField(
    within(at, clip(name, 60)),
    told ?? `is no parameter of this model; there is ${known.join(", ")}`,
  );
}

/** Refuses every parameter but those in `known`, and those whose value asks for nothing. */
function checkNames(parameters: Fields, known: readonly string[], at: string): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (known.includes(name) || HINTS.has(name)) continue;
    const asksNothing =
      /^sequence_(?:id|start|end)$/.test(name) && (value === 0 || value === false || value === "");
    if (!asksNothing) refuse(name, at, known);
  }
}

/** A number that reads as infinite was beyond every float; as JSON again it would be a missing value. */
const isBeyond = (value: unknown): boolean =>
  typeof value === "number"
    ? !Number.isFinite(value)
    : value !== null && typeof value === "object" && Object.values(value).some(isBeyond);

function pick(parameters: Fields, names: readonly string[]): Fields | undefined {
  const found = Object.entries(parameters).filter(([name]) => names.includes(name));
  for (const [name, value] of found)
    if (isBeyond(value))
      throw invalidField(within("parameters", name), "holds a number that is beyond every float");
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/**
 * What the protocol itself means by a name comes before a parameter of the model that is called the same.
 * @throws AppError `invalid` that names the parameter.
 */
export function requestParameters(value: unknown, ofModel: readonly string[] = []): RequestParameters {
  const at = "parameters";
  const parameters = fieldsOf(value, at);
  const own = ofModel.filter((name) => !PROTOCOL_PARAMETERS.includes(name));
  checkNames(parameters, [...PROTOCOL_PARAMETERS, ...own], at);
  const { priority } = parameters;
  if (priority !== undefined && priority !== null && priority !== 0)
    throw invalidField(
      "parameters.priority",
      `is ${shown(priority)}; requests have no priorities here, only 0`,
    );
  const timeoutUs = countOf(parameters, "timeout", at, 0);
  return {
    binaryOutput: flagOf(parameters, "binary_data_output", at) ?? false,
    // Microseconds on the wire; 0 is none.
    deadlineMs: timeoutUs === undefined || timeoutUs === 0 ? undefined : timeoutUs / 1000,
    parameters: pick(parameters, own),
  };
}

/** Bytes of an input that follow the JSON; undefined for one whose data is in it. */
export function binarySizeOf(value: unknown, at: string): number | undefined {
  const parameters = fieldsOf(value, at);
  checkNames(parameters, ["binary_data_size"], at);
  return countOf(parameters, "binary_data_size", at, 0);
}

/** How one output is wanted. */
export function outputParameters(value: unknown, at: string): { binary?: boolean; classes?: number } {
  const parameters = fieldsOf(value, at);
  checkNames(parameters, ["binary_data", "classification"], at);
  const binary = flagOf(parameters, "binary_data", at);
  const classes = countOf(parameters, "classification", at, 0);
  return {
    ...(binary === undefined ? {} : { binary }),
    // The clients send 0 for no classification.
    ...(classes === undefined || classes === 0 ? {} : { classes }),
  };
}
