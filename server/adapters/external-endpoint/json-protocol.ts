import { z } from "zod";
import { invalidField } from "@/server/core/errors";
import type { ModelSignature, Tensor, TensorSignature } from "../model-runtime/port";
import { elementCount, nestingOf } from "../model-runtime/tensor";
import { jsonElementAt } from "../model-runtime/tensor-to-json";
import { givenTensor, jsonOf } from "./answers";
import { farFault } from "./faults";
import type { JsonEndpoint } from "./schemas";

function elementText(tensor: Tensor, index: number): string {
  const element = tensor.data[index];
  if (typeof element === "bigint") return String(element);
  const json = jsonElementAt(tensor, index);
  if (json !== null && typeof json === "object")
    throw invalidField(
      "inputs",
      `${tensor.name} holds bytes that are no text, which an external endpoint is not sent`,
    );
  return JSON.stringify(json);
}

/** Elements from `from` on as JSON, nested like `shape`. */
function nested(tensor: Tensor, shape: readonly number[], from: number): string {
  const [size, ...rest] = shape;
  if (size === undefined) return elementText(tensor, from);
  const step = elementCount(rest);
  return `[${Array.from({ length: size }, (_, at) => nested(tensor, rest, from + at * step)).join(",")}]`;
}

const rowText = (tensor: Tensor, row: number): string => {
  const rest = tensor.shape.slice(1);
  return nested(tensor, rest, row * elementCount(rest));
};

const rowTexts = (tensor: Tensor): string[] =>
  Array.from({ length: tensor.shape[0] ?? 0 }, (_, row) => rowText(tensor, row));

function rowsOf(inputs: readonly Tensor[]): number {
  const rows = inputs[0]?.shape[0] ?? 0;
  const other = inputs.find(({ shape }) => shape[0] !== rows);
  if (other)
    throw invalidField("inputs", `${other.name} holds ${other.shape[0]} rows and ${inputs[0]?.name} ${rows}`);
  return rows;
}

const objectText = (names: readonly string[], values: readonly string[]) =>
  `{${names.map((name, at) => `${JSON.stringify(name)}:${values[at] ?? "null"}`).join(",")}}`;

function tableText(file: JsonEndpoint, inputs: readonly Tensor[], rows: number): string {
  const [first, second] = inputs;
  const isTable = file.inputs.length === 1 && file.inputs[0]?.shape.length === 2;
  if (isTable && first && !second) {
    const columns = file.columns ? `"columns":${JSON.stringify(file.columns)},` : "";
    return `{"dataframe_split":{${columns}"data":[${rowTexts(first).join(",")}]}}`;
  }
  // One element of each column makes a row, whether its shape is [-1] or [-1, 1].
  const lines = Array.from(
    { length: rows },
    (_, row) => `[${inputs.map((each) => elementText(each, row)).join(",")}]`,
  );
  return `{"dataframe_split":{"columns":${JSON.stringify(inputs.map(({ name }) => name))},"data":[${lines.join(",")}]}}`;
}

/** The rows as the far end takes them. @throws AppError `invalid` for inputs with different numbers of rows */
export function encodeJson(file: JsonEndpoint, given: readonly Tensor[]): string {
  const inputs = file.inputs.flatMap(({ name }) => given.filter((tensor) => tensor.name === name));
  const rows = rowsOf(inputs);
  if (file.form === "dataframe_split") return tableText(file, inputs, rows);
  const [first, second] = inputs;
  if (first && !second) return `{"${file.form}":[${rowTexts(first).join(",")}]}`;
  const names = inputs.map(({ name }) => name);
  if (file.form === "inputs")
    return `{"inputs":${objectText(
      names,
      inputs.map((each) => `[${rowTexts(each).join(",")}]`),
    )}}`;
  const lines = Array.from({ length: rows }, (_, row) =>
    objectText(
      names,
      inputs.map((each) => rowText(each, row)),
    ),
  );
  return `{"instances":[${lines.join(",")}]}`;
}

const Answer = z.looseObject({ predictions: z.array(z.unknown()) });
const Row = z.record(z.string(), z.unknown());

function columnOf(predictions: readonly unknown[], { name }: TensorSignature, isOnly: boolean): unknown[] {
  return predictions.map((each) => {
    const row = Row.safeParse(each);
    if (row.success && Object.hasOwn(row.data, name)) return row.data[name];
    if (isOnly && !row.success) return each;
    throw farFault(`its answer lacks the output "${name}" in a row.`);
  });
}

/** @throws AppError `internal` for anything but what the signature promises, a row for each row */
export function decodeJson(body: Buffer, signature: ModelSignature, rows: number): Tensor[] {
  const read = Answer.safeParse(jsonOf(body));
  if (!read.success) throw farFault('its answer has no list "predictions".');
  const { predictions } = read.data;
  if (predictions.length !== rows) throw farFault(`it answers ${predictions.length} rows for ${rows}.`);
  return signature.outputs.map((wanted) => {
    const column = columnOf(predictions, wanted, signature.outputs.length === 1);
    const rest = nestingOf(column[0]);
    const single = rest.length === 0 && wanted.shape.length === 2 && wanted.shape[1] === 1;
    // Without a row nothing tells how a row looks.
    const inner = rows === 0 ? wanted.shape.slice(1).map((size) => Math.max(size, 0)) : single ? [1] : rest;
    return givenTensor(wanted, [rows, ...inner], column);
  });
}
