/** Tensor types of the Open Inference Protocol that a runtime takes and gives. */
export const DATATYPES = [
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "BF16",
  "FP32",
  "FP64",
  "BYTES",
] as const;
export type Datatype = (typeof DATATYPES)[number];

export interface TensorSignature {
  name: string;
  datatype: Datatype;
  /** -1 for a dimension of any size. */
  shape: number[];
  /** Names of the classes that the last dimension stands for, where they are known. */
  labels?: readonly string[] | undefined;
}

export interface ModelSignature {
  inputs: TensorSignature[];
  outputs: TensorSignature[];
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

export interface InferOptions {
  /** From now on; nobody waits for the answer after it. Undefined for as long as the runtime allows. */
  deadlineMs?: number | undefined;
}

/** Runs models outside the serving event loop. */
export interface ModelRuntime {
  /**
   * Loads a model once; later calls return the same signature.
   * @throws AppError `invalid` when the file is not a model that this runtime serves.
   */
  load(digest: string, path: string): Promise<ModelSignature>;
  /** @throws AppError `invalid` for inputs the model refuses, `unavailable` when the worker died or took too long. */
  infer(digest: string, inputs: readonly Tensor[], options?: InferOptions): Promise<Tensor[]>;
  unload(digest: string): Promise<void>;
  loaded(): string[];
  close(): Promise<void>;
}
