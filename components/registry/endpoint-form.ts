import { checkInput } from "@/components/form/check-input";
import { RowSignature } from "@/server/adapters/external-endpoint/schemas";

/** The form's values, and the request that they make. */

export interface EndpointValues {
  description: string;
  runId: string;
  endpoint: {
    protocol: "oip" | "http-json";
    url: string;
    model: string;
    version: string;
    onChange: "alert" | "stop";
    form: "instances" | "inputs" | "dataframe_split";
    /** Inputs and outputs as JSON. */
    signature: string;
    columns: string;
    healthPath: string;
    credential: string;
    timeoutMs: number;
    maxConcurrency: number;
  };
}

const SIGNATURE = {
  inputs: [{ name: "features", datatype: "FP32", shape: [-1, 3] }],
  outputs: [{ name: "prediction", datatype: "FP32", shape: [-1] }],
};

export const EMPTY_ENDPOINT: EndpointValues = {
  description: "",
  runId: "",
  endpoint: {
    protocol: "oip",
    url: "",
    model: "",
    version: "",
    onChange: "alert",
    form: "instances",
    signature: JSON.stringify(SIGNATURE, null, 2),
    columns: "",
    healthPath: "",
    credential: "",
    timeoutMs: 10_000,
    maxConcurrency: 16,
  },
};

export const ENDPOINT_LABELS: Readonly<Record<string, string>> = {
  description: "What is new",
  runId: "Run that evaluated it",
  "endpoint.url": "Address",
  "endpoint.model": "Model there",
  "endpoint.version": "Version there",
  "endpoint.credential": "Credential",
  "endpoint.timeoutMs": "Longest answer",
  "endpoint.maxConcurrency": "At once",
  "endpoint.signature": "Inputs and outputs",
  "endpoint.columns": "Columns",
  "endpoint.healthPath": "Health path",
};

const orNull = (text: string) => (text.trim() === "" ? null : text.trim());

function tensorsOf(text: string): RowSignature | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problem: `is no JSON: ${error instanceof Error ? error.message : ""}` };
  }
  const read = checkInput(RowSignature, json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  return { problem: `${issue?.path.map(String).join(".") ?? ""} ${issue?.message ?? ""}`.trim() };
}

/** The request, or what is wrong with the text of inputs and outputs. Everything else is the server's to judge. */
export function endpointInput(name: string, { description, runId, endpoint }: EndpointValues) {
  const common = {
    url: endpoint.url.trim(),
    credential: orNull(endpoint.credential),
    timeoutMs: endpoint.timeoutMs,
    maxConcurrency: endpoint.maxConcurrency,
  };
  const rest = { name, description, runId: orNull(runId) };
  if (endpoint.protocol === "oip") {
    const { model, version, onChange } = endpoint;
    const file = {
      protocol: "oip" as const,
      ...common,
      model: model.trim(),
      version: orNull(version),
      onChange,
    };
    return { input: { ...rest, endpoint: file } };
  }
  const tensors = tensorsOf(endpoint.signature);
  if ("problem" in tensors) return tensors;
  const columns = endpoint.columns
    .split(",")
    .map((column) => column.trim())
    .filter((column) => column !== "");
  const file = {
    protocol: "http-json" as const,
    ...common,
    form: endpoint.form,
    healthPath: orNull(endpoint.healthPath),
    ...(columns.length > 0 ? { columns } : {}),
    ...tensors,
  };
  return { input: { ...rest, endpoint: file } };
}
