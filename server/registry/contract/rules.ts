import { DATATYPES } from "@/server/adapters/model-runtime/datatypes.mjs";
import {
  Contract,
  type CheckLine,
  type ContractCheck,
  type Signature,
  type SignatureTensor,
  type TensorSpec,
} from "./schemas";

/** "FP32 [-1, 10]"; a free dimension is -1, a symbol keeps its name. */
export const tensorInWords = (tensor: {
  datatype: string;
  shape: readonly (number | string | null)[];
  optional?: boolean | undefined;
}): string =>
  `${tensor.datatype} [${tensor.shape.map((dimension) => dimension ?? -1).join(", ")}]${tensor.optional === true ? ", may be left out" : ""}`;

const isFree = (dimension: number | string | null) => typeof dimension !== "number" || dimension < 0;

/** What a model file has in place of a tensor, by what the scan calls it, and the way out. */
const NO_TENSORS: Record<string, string> = {
  sequence: "a sequence",
  map: "a map",
  other: "no tensor",
};

function difference(declared: TensorSpec, actual: SignatureTensor, source: string): string | undefined {
  const kind = NO_TENSORS[actual.datatype];
  if (kind)
    return `is declared ${declared.datatype}, but is ${kind} in the ${source}, which cannot be served; convert scikit-learn classifiers with options={"zipmap": False}`;
  if (declared.datatype !== actual.datatype)
    return `is declared ${declared.datatype}, the ${source} has ${actual.datatype}`;
  if (declared.shape.length !== actual.shape.length)
    return `is declared with ${declared.shape.length} dimensions, the ${source} has ${actual.shape.length}`;
  const index = declared.shape.findIndex((dimension, at) => {
    const real = actual.shape[at] ?? null;
    // The file may leave a size open that the contract fixes; it may not fix one that the contract leaves open.
    return isFree(real) ? false : dimension !== real;
  });
  if (index < 0) return undefined;
  return `dimension ${index + 1} is declared ${declared.shape[index]}, the ${source} has ${actual.shape[index] ?? "any"}`;
}

function compareSide(
  side: CheckLine["side"],
  declared: readonly TensorSpec[],
  actual: readonly SignatureTensor[],
  source: string,
): CheckLine[] {
  const lines = declared.map((tensor): CheckLine => {
    const real = actual.find((each) => each.name === tensor.name);
    const base = { side, name: tensor.name, declared: tensorInWords(tensor) };
    if (!real)
      return {
        ...base,
        actual: null,
        verdict: "missing",
        text: `The ${source} has no ${side} "${tensor.name}".`,
      };
    const problem = difference(tensor, real, source);
    return {
      ...base,
      actual: tensorInWords(real),
      verdict: problem ? "mismatch" : "match",
      text: problem ? `The ${side} "${tensor.name}" ${problem}.` : `Agrees with the ${source}.`,
    };
  });
  // An output may stay out of the contract; an input that callers must send may not.
  const undeclared = actual
    .filter((real) => real.optional !== true && !declared.some((tensor) => tensor.name === real.name))
    .map((real): CheckLine => ({
      side,
      name: real.name,
      declared: null,
      actual: tensorInWords(real),
      verdict: "undeclared",
      text: `The ${source} has the ${side} "${real.name}", which the contract does not name.`,
    }));
  return [...lines, ...undeclared];
}

function featureNameProblem(contract: Contract, signature: Signature): string | undefined {
  const named = contract.inputs.filter((tensor) => tensor.featureNames);
  const [only] = named;
  if (!only?.featureNames || !signature.featureNames || named.length !== 1) return undefined;
  const at = only.featureNames.findIndex((name, index) => name !== signature.featureNames?.[index]);
  if (at < 0 && only.featureNames.length === signature.featureNames.length) return undefined;
  if (at < 0) return `The input "${only.name}" names fewer features than the model file.`;
  return `Feature ${at + 1} of "${only.name}" is declared "${only.featureNames[at]}", the model file has "${signature.featureNames[at] ?? "none"}".`;
}

/** What a version's signature was read from, in words. */
export const signatureSource = (version: { endpoint: unknown }): string =>
  version.endpoint === null ? "model file" : "endpoint";

/** Compares a contract with the model's own signature, as its source tells it. Every line that is not a match is a mismatch, in words. */
export function compareContract(
  contract: Contract | null,
  signature: Signature | null,
  problems: Record<string, string> = {},
  source = "model file",
): ContractCheck {
  if (!contract || !signature) {
    return { signatureKnown: signature !== null, lines: [], mismatches: [], problems };
  }
  const lines = [
    ...compareSide("input", contract.inputs, signature.inputs, source),
    ...compareSide("output", contract.outputs, signature.outputs, source),
  ];
  const names = featureNameProblem(contract, signature);
  const mismatches = lines.filter((line) => line.verdict !== "match").map((line) => line.text);
  return {
    signatureKnown: true,
    lines,
    mismatches: names ? [...mismatches, names] : mismatches,
    problems,
  };
}

/** Reads a contract; what is wrong with it, by field, when it cannot be used. */
export function readContract(
  value: unknown,
): { contract: Contract; problems: null } | { contract: null; problems: Record<string, string> } {
  const parsed = Contract.safeParse(value);
  if (parsed.success) return { contract: parsed.data, problems: null };
  const problems: Record<string, string> = {};
  for (const issue of parsed.error.issues)
    problems[issue.path.map(String).join(".") || "contract"] ??= issue.message;
  return { contract: null, problems };
}

const isDatatype = (word: string): word is Contract["inputs"][number]["datatype"] =>
  DATATYPES.some((each) => each === word);

/**
 * A first contract from the model file's own signature, for people to correct: bounds that most models keep, and every tensor that a contract can
 * name.
 */
export function proposeContract(signature: Signature | null): Contract {
  const tensors = (side: "inputs" | "outputs"): TensorSpec[] =>
    (signature?.[side] ?? []).flatMap(({ name, datatype, shape }) =>
      isDatatype(datatype)
        ? [{ name, datatype, shape: shape.map((dimension) => (isFree(dimension) ? -1 : Number(dimension))) }]
        : [],
    );
  const [first, ...others] = tensors("inputs");
  const names = signature?.featureNames;
  return {
    inputs: first ? [names ? { ...first, featureNames: names } : first, ...others] : [],
    outputs: tensors("outputs"),
    resources: { cpuMilli: 500, memoryBytes: 512 * 1024 ** 2 },
    latencyBoundMs: 50,
    observability: ["latency", "errors", "predictions", "feedback"],
  };
}
