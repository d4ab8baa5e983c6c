export { scanFile, SCANNER } from "./scan-file";
export type { FileFormat, ScanOptions, ScanResult } from "./scan-file";
export { bytesSource, withFileSource } from "./source";
export type { FileSource } from "./source";
export { scanOnnx } from "./onnx";
export type { OnnxModel, OnnxOptions, OnnxValue } from "./onnx";
export type { Finding, ScanVerdict, Severity } from "./findings";

export { IMPORT_LIST_DIGEST, IMPORT_LIST_VERSION } from "./pickle-imports";
export { ALLOWED_IMPORTS } from "./pickle-allowed";
