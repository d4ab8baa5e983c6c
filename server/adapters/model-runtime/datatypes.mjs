// Tensor types of the Open Inference Protocol. Plain JavaScript without imports, because a model's process and the browser's forms read it.

/** The order is that of the codes in frames, and never changes. */
export const DATATYPES = /** @type {const} */ ([
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
]);

/** Element types as NumPy and ONNX Runtime call them, which agree on numbers. */
export const ELEMENT_TYPES = /** @type {const} */ ({
  bool: "BOOL",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
});

/** @type {ReadonlyMap<string, (typeof DATATYPES)[number]>} */
const BY_ELEMENT = new Map(Object.entries(ELEMENT_TYPES));

/** The type of arrays of numbers, by the word that a file uses for it; undefined for any other word. @param {string} element */
export const datatypeOfElement = (element) => BY_ELEMENT.get(element);
