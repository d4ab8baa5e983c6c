import { z } from "zod";
import type { ModelSignature, Tensor, TensorSignature } from "@/server/adapters/model-runtime/port";
import { dataFromJson } from "@/server/adapters/model-runtime/tensor-from-json";
import { elementCount, nestingOf } from "@/server/adapters/model-runtime/tensor";
import { isAppError } from "@/server/core/errors";
import type { Contract } from "../contract/schemas";

/** A request that the model is asked before anybody depends on it, and where its values come from. */
export interface ExampleRequest {
  inputs: Tensor[];
  from: "the contract's example" | "the logged input example" | "values made from its inputs' types";
}

/** As many as fill what a gateway takes of a request, and no more than a worker can hold beside other work. */
const MAX_MADE_ELEMENTS = 8 * 1024 ** 2;
/** The example cannot be sent, in words. */
export class BadExample extends Error {
  override readonly name = "BadExample";
}

/** MLflow's `serving_input_example.json`: a table, or tensors as the pyfunc server takes them. */
const TableExample = z.looseObject({
  dataframe_split: z.looseObject({
    columns: z.array(z.union([z.string(), z.number()]).transform(String)).optional(),
    data: z.array(z.array(z.unknown()).min(1)).min(1),
  }),
});
const TensorExample = z.looseObject({
  inputs: z.union([z.array(z.unknown()).min(1), z.record(z.string(), z.unknown())]),
});

/** The first row of a table whose columns are the model's inputs, each with a shape of rows by one; undefined for any other table. */
function columnsOf(signature: ModelSignature, logged: unknown): Record<string, unknown> | undefined {
  const { columns, data } = TableExample.safeParse(logged).data?.dataframe_split ?? {};
  const [row] = data ?? [];
  const isTable = signature.inputs.every(({ shape }) => shape.length === 2 && shape[1] === 1);
  const hasAll = signature.inputs.every(
    ({ name, optional }) => optional === true || columns?.includes(name) === true,
  );
  if (!columns || !row || !isTable || !hasAll) return undefined;
  return Object.fromEntries(columns.map((name, at) => [name, [[row[at]]]]));
}

/** One row of a table, or the tensors; undefined for anything else. */
function valuesOf(logged: unknown): unknown[] | Record<string, unknown> | undefined {
  const table = TableExample.safeParse(logged);
  if (table.success) return table.data.dataframe_split.data.slice(0, 1);
  return TensorExample.safeParse(logged).data?.inputs;
}

const tensor = (input: TensorSignature, shape: number[], data: unknown, field: string): Tensor => ({
  name: input.name,
  datatype: input.datatype,
  shape,
  data: dataFromJson(input.datatype, shape, data, field),
});

function fromContract(signature: ModelSignature, example: NonNullable<Contract["example"]>): Tensor[] {
  return example.map((given, index) => {
    const input = signature.inputs.find((each) => each.name === given.name);
    if (!input)
      throw new BadExample(
        `The contract's example names the input "${given.name}", which the model does not have.`,
      );
    return tensor(input, given.shape, given.data, `example.${index}`);
  });
}

/** Undefined where the logged example has another form than the model's inputs, as that of a pipeline around it. */
function fromLogged(signature: ModelSignature, logged: unknown): Tensor[] | undefined {
  const values = columnsOf(signature, logged) ?? valuesOf(logged);
  if (values === undefined) return undefined;
  const [only, second] = signature.inputs;
  const named = Array.isArray(values) ? undefined : values;
  if (!named && (second !== undefined || only === undefined)) return undefined;
  try {
    const sent = signature.inputs.filter(
      ({ name, optional }) => !named || optional !== true || name in named,
    );
    return sent.map((input) => {
      const value = named ? named[input.name] : values;
      const nesting = nestingOf(value);
      // A column is logged as the list of its rows.
      const isColumn = nesting.length === 1 && input.shape.length === 2 && input.shape[1] === 1;
      const shape = isColumn ? [...nesting, 1] : nesting;
      if (shape.length !== input.shape.length) throw new BadExample("another rank");
      return tensor(input, shape, value, input.name);
    });
  } catch (error) {
    if (error instanceof BadExample || isAppError(error)) return undefined;
    throw error;
  }
}

const madeShape = (input: TensorSignature): number[] => input.shape.map((size) => (size < 0 ? 1 : size));

/** One of each open dimension, and nothing but zeros and empty texts. The shapes are the model's words, or a far end's: they may say anything. */
function made(signature: ModelSignature): Tensor[] {
  const elements = signature.inputs.reduce((sum, input) => sum + elementCount(madeShape(input)), 0);
  if (!(elements <= MAX_MADE_ELEMENTS))
    throw new BadExample(
      `Its inputs are too large to make values for: at most ${MAX_MADE_ELEMENTS} are made. Name an example in the contract.`,
    );
  return signature.inputs.map((input) => {
    const shape = madeShape(input);
    const zero = input.datatype === "BYTES" ? "" : input.datatype === "BOOL" ? false : 0;
    return tensor(input, shape, Array(elementCount(shape)).fill(zero), input.name);
  });
}

/**
 * The request of a version's trial: the contract's example, else the one that was logged with the model, else made values.
 * @throws BadExample for a contract's example that does not fit the model.
 */
export function exampleRequest(
  signature: ModelSignature,
  contract: Contract | null,
  logged: unknown,
): ExampleRequest {
  if (contract?.example) {
    try {
      return { inputs: fromContract(signature, contract.example), from: "the contract's example" };
    } catch (error) {
      if (isAppError(error))
        throw new BadExample(`The contract's example does not fit the model: ${error.message}`);
      throw error;
    }
  }
  const inputs = fromLogged(signature, logged);
  if (inputs) return { inputs, from: "the logged input example" };
  return { inputs: made(signature), from: "values made from its inputs' types" };
}
