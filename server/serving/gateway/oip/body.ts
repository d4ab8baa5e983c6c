import { isUtf8 } from "node:buffer";
import { invalid } from "@/server/core/errors";
import { readJson } from "./read-json";

/** The body of an inference request: JSON, the tensors' bytes that follow it, or only the bytes of one tensor. */
export type InferBody =
  | { kind: "json"; json: unknown; binary: Uint8Array }
  | { kind: "raw"; binary: Uint8Array };

const NO_BYTES = new Uint8Array(0);

function jsonOf(bytes: Buffer): unknown {
  // Otherwise a text would arrive changed.
  if (!isUtf8(bytes)) throw invalid("The body's JSON is not UTF-8.");
  return readJson(bytes.toString("utf8"));
}

/**
 * Splits an unpacked body at the length that the header Inference-Header-Content-Length gives; 0 stands for a raw request.
 * @throws AppError `invalid`
 */
export function splitBody(bytes: Buffer, headerLength: string | undefined): InferBody {
  if (headerLength === undefined) return { kind: "json", json: jsonOf(bytes), binary: NO_BYTES };
  const length = /^\d{1,15}$/.test(headerLength.trim()) ? Number(headerLength) : undefined;
  if (length === undefined)
    throw invalid("Inference-Header-Content-Length is not the number of bytes that the JSON has.");
  if (length > bytes.length)
    throw invalid(
      `Inference-Header-Content-Length is ${length}, but the whole body has ${bytes.length} bytes.`,
      "It counts the bytes of the JSON, after unpacking.",
    );
  if (length === 0) return { kind: "raw", binary: bytes };
  return { kind: "json", json: jsonOf(bytes.subarray(0, length)), binary: bytes.subarray(length) };
}
