import onnxProto from "onnx-proto";
import type { onnx as Onnx } from "onnx-proto";
import { critical, info, shown, warning } from "./findings";
import type { Finding } from "./findings";
import { MICROSOFT_OPERATORS } from "./onnx-operators";
import { checkOnnxWire, OnnxWireError } from "./onnx-wire";

const { onnx } = onnxProto;

export interface OnnxValue {
  name: string;
  kind: "tensor" | "sequence" | "map" | "other";
  /** `float32`, `int64`, `string`…; undefined unless a tensor of a known type. */
  elementType: string | undefined;
  /** A number, the name of a symbolic dimension, or null when nothing is said. */
  shape: (number | string | null)[] | undefined;
}

export interface OnnxModel {
  irVersion: number;
  producer: string;
  opsets: { domain: string; version: number }[];
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  /** Operators by `domain::type`, sorted. */
  operators: string[];
}

export interface OnnxOptions {
  /** Paths of the artifact's other files, relative to the model's folder; external data must lie in one of them. */
  siblingFiles?: readonly string[];
}

const ELEMENT_TYPES = [
  undefined,
  "float32",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "int32",
  "int64",
  "string",
  "bool",
  "float16",
  "float64",
  "uint32",
  "uint64",
  "complex64",
  "complex128",
  "bfloat16",
] as const;
const STANDARD_DOMAINS = ["", "ai.onnx", "ai.onnx.ml"];

/** The parsed model and what is wrong with it; `model` is undefined when the bytes are no ONNX model. */
export function scanOnnx(
  bytes: Uint8Array,
  options: OnnxOptions = {},
): { model: OnnxModel | undefined; findings: Finding[] } {
  let proto: Onnx.ModelProto;
  try {
    checkOnnxWire(bytes);
    proto = onnx.ModelProto.decode(bytes);
  } catch (error) {
    const why = error instanceof OnnxWireError || error instanceof Error ? error.message : String(error);
    return { model: undefined, findings: [critical("onnx.malformed", `Not a valid ONNX model: ${why}.`)] };
  }
  const { graph } = proto;
  if (graph === null || graph === undefined || proto.opsetImport.length === 0) {
    return {
      model: undefined,
      findings: [critical("onnx.malformed", "Not a valid ONNX model: it has no graph or no operator set.")],
    };
  }
  const parts = collect(proto);
  const initializers = new Set((graph.initializer ?? []).map((tensor) => tensor.name ?? ""));
  const model: OnnxModel = {
    irVersion: toNumber(proto.irVersion),
    producer: [proto.producerName, proto.producerVersion].filter(Boolean).join(" "),
    opsets: proto.opsetImport.map((one) => ({ domain: one.domain ?? "", version: toNumber(one.version) })),
    inputs: (graph.input ?? []).filter((value) => !initializers.has(value.name ?? "")).map(describeValue),
    outputs: (graph.output ?? []).map(describeValue),
    operators: [...new Set(parts.nodes.map(operatorName))].toSorted(),
  };
  const findings = [...operatorFindings(proto, parts.nodes), ...externalFindings(parts.tensors, options)];
  if (model.outputs.length === 0) findings.push(critical("onnx.no-output", "The graph has no output."));
  return { model, findings };
}

const toNumber = (value: unknown): number => Number(String(value ?? 0));
const operatorName = (node: Onnx.INodeProto): string => `${node.domain ?? ""}::${node.opType ?? ""}`;

interface Parts {
  nodes: Onnx.INodeProto[];
  tensors: Onnx.ITensorProto[];
}

/** Every operator and tensor, in sub-graphs, functions and training graphs too. Depth is bounded by the wire check. */
function collect(proto: Onnx.ModelProto): Parts {
  const parts: Parts = { nodes: [], tensors: [] };
  addGraph(parts, proto.graph);
  for (const one of proto.functions) for (const node of one.node ?? []) addNode(parts, node);
  for (const one of proto.trainingInfo) {
    addGraph(parts, one.initialization);
    addGraph(parts, one.algorithm);
  }
  return parts;
}

function addGraph(parts: Parts, graph: Onnx.IGraphProto | null | undefined): void {
  for (const tensor of graph?.initializer ?? []) parts.tensors.push(tensor);
  for (const one of graph?.sparseInitializer ?? []) addSparse(parts, one);
  for (const node of graph?.node ?? []) addNode(parts, node);
}

function addNode(parts: Parts, node: Onnx.INodeProto): void {
  parts.nodes.push(node);
  for (const attribute of node.attribute ?? []) {
    if (attribute.t) parts.tensors.push(attribute.t);
    for (const tensor of attribute.tensors ?? []) parts.tensors.push(tensor);
    if (attribute.sparseTensor) addSparse(parts, attribute.sparseTensor);
    for (const one of attribute.sparseTensors ?? []) addSparse(parts, one);
    addGraph(parts, attribute.g);
    for (const one of attribute.graphs ?? []) addGraph(parts, one);
  }
}

function addSparse(parts: Parts, sparse: Onnx.ISparseTensorProto): void {
  if (sparse.values) parts.tensors.push(sparse.values);
  if (sparse.indices) parts.tensors.push(sparse.indices);
}

/**
 * An operator is fine in a standard domain, as one of the runtime's own that only compute, or when the model defines it itself as a function
 * of such operators.
 */
function operatorFindings(proto: Onnx.ModelProto, nodes: readonly Onnx.INodeProto[]): Finding[] {
  const own = new Set(proto.functions.map((one) => `${one.domain ?? ""}::${one.name ?? ""}`));
  const isKnown = ({ domain, opType }: Onnx.INodeProto): boolean =>
    STANDARD_DOMAINS.includes(domain ?? "") ||
    (domain === "com.microsoft" && MICROSOFT_OPERATORS.has(opType ?? ""));
  const foreign = new Set(
    nodes.filter((node) => !isKnown(node) && !own.has(operatorName(node))).map(operatorName),
  );
  return [...foreign]
    .slice(0, 20)
    .map((name) =>
      critical(
        "onnx.custom-operator",
        name.startsWith("com.microsoft::")
          ? `The operator ${shown(name)} is the runtime's own but not one of those that only compute.`
          : `The operator ${shown(name)} is not of ONNX and needs code from outside the model.`,
      ),
    );
}

function externalFindings(tensors: readonly Onnx.ITensorProto[], options: OnnxOptions): Finding[] {
  const findings: Finding[] = [];
  const locations = new Set<string>();
  for (const tensor of tensors) {
    const external = tensor.externalData ?? [];
    if (tensor.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL && external.length === 0) continue;
    const places = external.filter((pair) => pair.key === "location").map((pair) => pair.value ?? "");
    if (places.length !== 1)
      findings.push(
        critical(
          "onnx.external-data",
          `The tensor ${shown(tensor.name ?? "")} does not say once where its data is.`,
        ),
      );
    for (const place of places) locations.add(place);
  }
  for (const location of locations) {
    if (leavesFolder(location))
      findings.push(
        critical("onnx.external-data", `Weights are read from outside the artifact: ${shown(location)}.`),
      );
    else if (options.siblingFiles === undefined)
      findings.push(
        warning(
          "onnx.external-data",
          `Weights are in ${shown(location)}, which was not given to the scanner.`,
        ),
      );
    else if (!options.siblingFiles.includes(location))
      findings.push(
        critical(
          "onnx.external-data",
          `The artifact has no file ${shown(location)}, where weights should be.`,
        ),
      );
    else findings.push(info("onnx.external-data", `Weights are in ${shown(location)}.`));
  }
  return findings.slice(0, 50);
}

const leavesFolder = (location: string): boolean =>
  location === "" ||
  location.includes("\\") ||
  location.includes("\0") ||
  /^(\/|[A-Za-z]+:)/.test(location) ||
  location.split("/").some((part) => part === ".." || part === "");

function describeValue(value: Onnx.IValueInfoProto): OnnxValue {
  const { type } = value;
  const tensor = type?.tensorType;
  const kind = tensor ? "tensor" : type?.sequenceType ? "sequence" : type?.mapType ? "map" : "other";
  return {
    name: value.name ?? "",
    kind,
    elementType: tensor ? ELEMENT_TYPES[tensor.elemType ?? 0] : undefined,
    shape: tensor?.shape?.dim?.map((dimension) => {
      if (dimension.dimParam) return dimension.dimParam;
      return Object.hasOwn(dimension, "dimValue") ? toNumber(dimension.dimValue) : null;
    }),
  };
}
