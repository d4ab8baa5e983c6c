import type { Readable } from "node:stream";
import { DATATYPES } from "./datatypes.mjs";

export { DATATYPES };
export type Datatype = (typeof DATATYPES)[number];

export interface TensorSignature {
  name: string;
  datatype: Datatype;
  /** -1 for a dimension of any size. */
  shape: number[];
  /** Names of the classes that the last dimension stands for, where they are known. */
  labels?: readonly string[] | undefined;
  /** Of an input that a request may leave out. */
  optional?: boolean | undefined;
}

/** A value beside the inputs that a request may set for itself, as MLflow's signatures name them. */
export interface ParameterSignature {
  name: string;
  /** In MLflow's words. */
  type: string;
  isList: boolean;
  /** What the model takes where a request says nothing: JSON, perhaps shortened. */
  default: string;
}

export interface ModelSignature {
  inputs: TensorSignature[];
  outputs: TensorSignature[];
  /** Left out for a model that takes none. */
  parameters?: ParameterSignature[] | undefined;
  /** What runs it, in the protocol's words; left out for ONNX Runtime. */
  platform?: string | undefined;
}

/** Elements in the datatype's own width; FP16 and BF16 as their bits, booleans as 0 and 1. */
export type NumericData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** What a tensor holds, row-major; of a BYTES tensor the bytes of each element. `tensor.ts` makes and reads it. */
export type TensorData = NumericData | Uint8Array[];

export interface Tensor {
  name: string;
  datatype: Datatype;
  shape: number[];
  data: TensorData;
}

/** One file of a version's manifest. */
export interface ModelFile {
  /** Its path in the manifest, with forward slashes. */
  path: string;
  /** `sha256:` and hex digits; bytes that hash to something else are not loaded. */
  digest: string;
  open: () => Promise<Readable>;
}

export interface ModelLimits {
  /** What the model may take besides the runtime itself; undefined where its contract does not say. */
  memoryBytes?: number | undefined;
  /** Thousandths of a core; undefined for no limit. */
  cpuMilli?: number | undefined;
  /** A request that has no answer by then gets none; undefined for the runtime's ceiling. */
  deadlineMs?: number | undefined;
  /** Requests that wait together may run together, with at most as many rows; undefined for each by itself. */
  batchRows?: number | undefined;
}

/** The environment of a Python model, as it was when the model was tried. */
export interface PythonEnvironment {
  /** Every package with its version and the hashes of its files, in pip's own form. */
  lock: string;
  /** Such as "3.12". */
  python: string;
}

/** What a server elsewhere says of its model. */
export interface FarModel extends ModelSignature {
  name: string;
  versions: string[];
  platform: string;
}

/** What is known of a model elsewhere besides its file. */
export interface ExternalSpec {
  /** Whose credentials it may use. */
  teamId: string;
  /** What the far end said at the version's trial; undefined where nothing was said, or before it. */
  expected?: FarModel | undefined;
  /** What the contract declares, for a far end that does not say what it takes and gives. */
  declared?: ModelSignature | undefined;
}

/** What a runtime needs to serve a version. */
export interface ModelSpec {
  /** Path of the file to load; it sees the files beside and below it that are listed here, and no others. */
  entry: string;
  files: readonly ModelFile[];
  limits: ModelLimits;
  /** For a model that MLflow loads, whose entry is its `MLmodel`; other models are ONNX. */
  python?: PythonEnvironment | undefined;
  /** Small models with the same word may share a process where the operator wants that. */
  shareWith?: string | undefined;
  /** Set for a model that runs elsewhere: its entry says where. */
  external?: ExternalSpec | undefined;
}

export const MODEL_STATES = ["loading", "ready", "failed", "crash-looping"] as const;

/** How a model fares. */
export interface ModelHealth {
  state: (typeof MODEL_STATES)[number];
  /** Why it does not serve, in words; of one that serves, what is odd about it, and mostly empty. */
  reason: string;
  sinceMs: number;
}

export interface ModelUsage {
  key: string;
  pid: number;
  queued: number;
  inFlight: number;
  /** Of its process; shared ones count for each. */
  residentBytes: number;
  restarts: number;
}

export interface InferOptions {
  /** How long the caller waits; nobody wants the answer after it. */
  deadlineMs?: number | undefined;
  /** Values that the request sets, by names of the model's signature; whole numbers beyond 2^53 are bigints. */
  parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** Runs models apart from the caller and from each other. */
export interface ModelRuntime {
  /**
   * Loads a model once; later calls with the same key return the same signature.
   * @throws AppError `invalid` when the file is not a model that this runtime serves, `unavailable` when it could not be tried.
   */
  load(key: string, spec: ModelSpec): Promise<ModelSignature>;
  /**
   * @throws AppError `internal` for an error inside the model, `timed_out` at its deadline, `unavailable` while its queue is full or it
   * starts again. None of these is the caller's fault.
   */
  infer(key: string, inputs: readonly Tensor[], options?: InferOptions): Promise<Tensor[]>;
  unload(key: string): Promise<void>;
  /** Undefined for a key that is not loaded. */
  health(key: string): ModelHealth | undefined;
  /** Calls back when a model's health has changed. */
  onChange(listener: (key: string) => void): void;
  usage(): Promise<ModelUsage[]>;
  close(): Promise<void>;
}
