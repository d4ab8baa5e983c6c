import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { createModelRuntime, type ModelRuntimeOptions } from "./model-runtime";
import type { ModelFile, ModelLimits, ModelRuntime, ModelSpec } from "./port";

/** Real models in real processes, for tests and benchmarks. */

/** A runtime with a folder of its own, which goes when it is closed. */
export function makeRuntime(options: Partial<ModelRuntimeOptions> = {}): ModelRuntime & { folder: string } {
  const folder = options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), "mw-runtime-"));
  const runtime = createModelRuntime({ ...options, folder });
  return {
    ...runtime,
    folder,
    close: async () => {
      await runtime.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const fileOf = (at: string, bytes: Uint8Array): ModelFile => ({
  path: at,
  digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
  open: () => Promise.resolve(Readable.from([bytes])),
});

/** A version that is one ONNX file, and perhaps others beside it. */
export const specOf = (
  model: Uint8Array,
  limits: ModelLimits = {},
  others: Record<string, Uint8Array> = {},
): ModelSpec => ({
  entry: "model.onnx",
  files: [fileOf("model.onnx", model), ...Object.entries(others).map(([at, bytes]) => fileOf(at, bytes))],
  limits,
});
