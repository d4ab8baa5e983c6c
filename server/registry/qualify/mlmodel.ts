import YAML from "yaml";
import { z } from "zod";
import { datatypeOfElement } from "@/server/adapters/model-runtime/datatypes.mjs";
import type { ObjectStore } from "@/server/adapters/object-store";
import { MLMODEL } from "../rules";
import type { Signature, SignatureTensor } from "../contract/schemas";
import { readText, type StoredFile } from "./sources";

const Text = z.string().nullish().catch(null);
const MlModel = z.looseObject({
  flavors: z.record(z.string(), z.looseObject({})).catch({}),
  signature: z.looseObject({ inputs: Text, outputs: Text }).nullish().catch(null),
});
const PythonFunction = z.looseObject({ loader_module: z.string(), python_version: Text });

export interface MlflowModel {
  flavours: string[];
  /** Set where `mlflow.pyfunc` can load it. */
  python: { loader: string; version: string | null } | null;
  /** As the gateway's Python gives and takes its values; null where MLflow's signature does not name both sides. */
  signature: Signature | null;
}

const Spec = z.looseObject({
  name: z.union([z.string(), z.number()]).nullish(),
  type: z.unknown(),
  required: z.unknown().optional(),
  "tensor-spec": z.looseObject({ dtype: z.string(), shape: z.array(z.number()) }).optional(),
});

/** Types of MLflow's columns; any other (lists, objects, maps) travels as JSON texts. */
const COLUMNS = new Map([
  ["boolean", "BOOL"],
  ["integer", "INT32"],
  ["long", "INT64"],
  ["float", "FP32"],
  ["double", "FP64"],
]);

/** The same rules as those of `modelworks_values.py`, which a test compares. */
function tensorsOf(text: string | null | undefined, side: "input" | "output"): SignatureTensor[] | null {
  const specs = z.array(Spec).safeParse(JSON.parse(text ?? "null"));
  if (!specs.success) return null;
  return specs.data.map((spec, index) => {
    const name = spec.name === null || spec.name === undefined ? `${side}-${index}` : String(spec.name);
    const array = spec["tensor-spec"];
    // Arrays of texts and of objects travel as texts.
    if (array) return { name, datatype: datatypeOfElement(array.dtype) ?? "BYTES", shape: array.shape };
    return {
      name,
      datatype: (typeof spec.type === "string" ? COLUMNS.get(spec.type) : undefined) ?? "BYTES",
      shape: [-1, 1],
      ...(side === "input" && spec.required === false ? { optional: true } : {}),
    };
  });
}

function signatureOf(signature: z.infer<typeof MlModel>["signature"]): Signature | null {
  try {
    const inputs = tensorsOf(signature?.inputs, "input");
    const outputs = tensorsOf(signature?.outputs, "output");
    return inputs && outputs ? { inputs, outputs } : null;
  } catch {
    return null;
  }
}

/** Reads an MLmodel file; undefined for one that MLflow would not take either. */
export function parseMlmodel(text: string): MlflowModel | undefined {
  let document;
  try {
    document = MlModel.safeParse(YAML.parse(text, { maxAliasCount: 100 }));
  } catch {
    return undefined;
  }
  if (!document.success) return undefined;
  const { flavors, signature } = document.data;
  const python = PythonFunction.safeParse(flavors.python_function);
  return {
    flavours: Object.keys(flavors),
    python: python.success
      ? { loader: python.data.loader_module, version: minorOf(python.data.python_version) }
      : null,
    signature: signatureOf(signature),
  };
}

/** "3.12" of "3.12.4". */
export const minorOf = (version: string | null | undefined): string | null =>
  /^(3\.\d+)(\.|$)/.exec(version ?? "")?.[1] ?? null;

export async function readMlmodel(
  store: ObjectStore,
  files: readonly StoredFile[],
): Promise<MlflowModel | undefined> {
  const file = files.find((each) => each.path === MLMODEL);
  const text = file && (await readText(store, file).catch(() => undefined));
  return text === undefined ? undefined : parseMlmodel(text);
}
