import YAML from "yaml";
import type { ObjectStore } from "@/server/adapters/object-store";
import { MLMODEL } from "../rules";
import { readMlmodel } from "./mlmodel";
import { readText, type StoredFile } from "./sources";

/** A document that was meant to be JSON or YAML and cannot be read: the version fails. */
export class CorruptDocument extends Error {
  override readonly name = "CorruptDocument";
}

const asRecord = (value: unknown): Record<string, unknown> | undefined =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;

async function readJson(store: ObjectStore, file: StoredFile): Promise<unknown> {
  try {
    const text = await readText(store, file);
    if (text === undefined) throw new CorruptDocument(`${file.path} is larger than 32 MiB.`);
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw new CorruptDocument(`${file.path} is not valid JSON: ${error.message}`);
    throw error;
  }
}

/** `metadata.modelworks` of the model's MLmodel file. */
async function readMetadata(
  store: ObjectStore,
  files: readonly StoredFile[],
): Promise<Record<string, unknown> | undefined> {
  const file = files.find((each) => each.path === "MLmodel");
  const text = file && (await readText(store, file).catch(() => undefined));
  if (text === undefined) return undefined;
  try {
    const root = asRecord(YAML.parse(text, { maxAliasCount: 100 }));
    return asRecord(asRecord(root?.metadata)?.modelworks);
  } catch {
    return undefined;
  }
}

export interface Document {
  value: unknown;
  /** Where it was found, for the reader. */
  from: string;
}

/**
 * Finds a drafted document: in the model's own sealed files first, then in the run's artifacts.
 * @throws CorruptDocument when a file of that name is there and cannot be read.
 */
export async function findDocument(
  store: ObjectStore,
  name: "contract" | "card",
  modelFiles: readonly StoredFile[],
  runFiles: readonly StoredFile[],
): Promise<Document | undefined> {
  const own = modelFiles.find((file) =>
    [`extra_files/${name}.json`, `modelworks/${name}.json`].includes(file.path),
  );
  if (own) return { value: await readJson(store, own), from: own.path };
  const metadata = (await readMetadata(store, modelFiles))?.[name];
  if (metadata !== undefined) return { value: metadata, from: "MLmodel metadata.modelworks" };
  const ofRun = runFiles.find((file) => file.path === `modelworks/${name}.json`);
  if (ofRun) return { value: await readJson(store, ofRun), from: `run artifact ${ofRun.path}` };
  return undefined;
}

/**
 * What the gateway loads: the ONNX file that MLmodel names, else the only one, else `model.onnx`; where MLmodel has no ONNX model but one that
 * `mlflow.pyfunc` loads, MLmodel itself. Undefined when there is neither.
 */
export async function findWeights(
  store: ObjectStore,
  files: readonly StoredFile[],
): Promise<StoredFile | undefined> {
  const model = await readMlmodel(store, files);
  // An ONNX file beside such a model is a part of it, and not the whole.
  if (model?.python && !model.flavours.includes("onnx")) return files.find((file) => file.path === MLMODEL);
  const candidates = files.filter((file) => file.path.toLowerCase().endsWith(".onnx"));
  if (candidates.length <= 1) return candidates[0];
  const mlmodel = files.find((file) => file.path === "MLmodel");
  const text = mlmodel && (await readText(store, mlmodel).catch(() => undefined));
  try {
    const flavors = asRecord(asRecord(YAML.parse(text ?? ""))?.flavors);
    const named = asRecord(flavors?.onnx)?.data;
    const found = candidates.find((file) => file.path === named);
    if (found) return found;
  } catch {
    // An MLmodel file that cannot be read names no file.
  }
  return candidates.find((file) => file.path.endsWith("model.onnx"));
}
