/** Requests of the Open Inference Protocol as text to copy: every tensor holds as many values as its shape says. */

export interface SampleTensor {
  name: string;
  datatype: string;
  /** A free dimension is negative, named or null; it becomes 1, so that the request is one row. */
  shape: readonly (number | string | null)[];
  /** What the values of a row are, in their order. */
  featureNames?: readonly string[];
}

/** Whether each value of one row has a name, so that a request can be read. */
const isNamed = (tensor: SampleTensor): boolean =>
  tensor.featureNames !== undefined &&
  tensor.featureNames.length > 0 &&
  tensor.featureNames.length === sizeOf(tensor);

/** Above this, values are made by an expression rather than written out. */
const WRITTEN_OUT = 64;

export const shapeOf = (tensor: SampleTensor): number[] =>
  tensor.shape.map((size) => (typeof size === "number" && size > 0 ? size : 1));

const sizeOf = (tensor: SampleTensor) => shapeOf(tensor).reduce((product, each) => product * each, 1);

export function valueOf(datatype: string): string | boolean | number {
  if (datatype === "BYTES") return "text";
  if (datatype === "BOOL") return true;
  return datatype.startsWith("FP") || datatype === "BF16" ? 0.5 : 1;
}

/** A JSON value as Python writes it. */
export function pythonOf(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null || value === undefined) return "None";
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}: ${pythonOf(each)}`)
    .join(", ")}}`;
}

function pythonTensor(tensor: SampleTensor, filledBy: SampleTensor | undefined): string {
  const { name, datatype } = tensor;
  const [value, size] = [valueOf(datatype), sizeOf(tensor)];
  const data =
    tensor === filledBy
      ? "list(row.values())"
      : size > WRITTEN_OUT
        ? `[${pythonOf(value)}] * ${size}`
        : pythonOf(Array.from({ length: size }, () => value));
  return `{"name": ${JSON.stringify(name)}, "shape": ${pythonOf(shapeOf(tensor))}, "datatype": ${JSON.stringify(datatype)}, "data": ${data}}`;
}

/** A row to fill in, one line a feature, for the tensor whose values have names; empty without one. */
export function pythonRow(inputs: readonly SampleTensor[]): string {
  const tensor = inputs.find(isNamed);
  if (!tensor) return "";
  const value = pythonOf(valueOf(tensor.datatype));
  const lines = (tensor.featureNames ?? []).map((name) => `    ${JSON.stringify(name)}: ${value},`);
  return `row = {\n${lines.join("\n")}\n}\n`;
}

/** The request's body as a Python expression; with a `row` of `pythonRow` before it, that row's values are sent. */
export const pythonBody = (inputs: readonly SampleTensor[], withRow = false): string => {
  const filledBy = withRow ? inputs.find(isNamed) : undefined;
  return `{"inputs": [${inputs.map((tensor) => pythonTensor(tensor, filledBy)).join(", ")}]}`;
};

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A whole curl command; the body is written out, or made by Python where it is long. */
export function curlOf(url: string, inputs: readonly SampleTensor[]): string {
  const long = inputs.some((tensor) => sizeOf(tensor) > WRITTEN_OUT);
  const body = JSON.stringify({
    inputs: inputs.map((tensor) => ({
      name: tensor.name,
      shape: shapeOf(tensor),
      datatype: tensor.datatype,
      data: Array.from({ length: long ? 0 : sizeOf(tensor) }, () => valueOf(tensor.datatype)),
    })),
  });
  const made = quoted(`import json; print(json.dumps(${pythonBody(inputs)}))`);
  const start = long ? `python3 -c ${made} | \\\n` : "";
  return `${start}curl -sS "${url}" \\
  -H "authorization: Bearer $MODELWORKS_TOKEN" -H "content-type: application/json" \\
  -d ${long ? "@-" : quoted(body)}`;
}
