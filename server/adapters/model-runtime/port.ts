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
}

export interface ModelSignature {
  inputs: TensorSignature[];
  outputs: TensorSignature[];
}

export interface Tensor {
  name: string;
  datatype: Datatype;
  shape: number[];
  /** Row-major; booleans, numbers (64-bit integers as digits where they are not safe), or texts. */
  data: (number | boolean | string)[];
}

/** Runs models outside the serving event loop. */
export interface ModelRuntime {
  /**
   * Loads a model once; later calls return the same signature.
   * @throws AppError `invalid` when the file is not a model that this runtime serves.
   */
  load(digest: string, path: string): Promise<ModelSignature>;
  /** @throws AppError `invalid` for inputs the model refuses, `unavailable` when the worker died or took too long. */
  infer(digest: string, inputs: readonly Tensor[]): Promise<Tensor[]>;
  unload(digest: string): Promise<void>;
  loaded(): string[];
  close(): Promise<void>;
}
