import fs from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import onnxProto from "onnx-proto";
import { z } from "zod";
import { scanFile, SCANNER, withFileSource, type OnnxModel } from "../../governance/scan";
import { ScanRequest, type ScanAnswer } from "./scan-schemas";

/** Column names that exporters write into the ONNX metadata. */
async function featureNamesOf(file: string): Promise<string[] | null> {
  const proto = onnxProto.onnx.ModelProto.decode(await fs.readFile(file));
  const entry = proto.metadataProps.find((pair) => pair.key === "feature_names");
  try {
    return z.array(z.string()).parse(JSON.parse(entry?.value ?? "null"));
  } catch {
    return null;
  }
}

/** Scans each file of a request from stdin and writes one answer to stdout. Runs in a process of its own. */
async function main(): Promise<void> {
  const request = ScanRequest.parse(JSON.parse(await text(process.stdin)));
  const answer: ScanAnswer = {
    scannerVersion: SCANNER.version,
    listDigest: SCANNER.listDigest,
    files: [],
    model: null,
    featureNames: null,
  };
  let model: OnnxModel | undefined;
  for (const each of request.files) {
    const folder = path.posix.dirname(each.path);
    const siblingFiles = request.files
      .filter((other) => other.path !== each.path)
      .map((other) => path.posix.relative(folder, other.path));
    const { onnx, format, verdict, findings } = await withFileSource(each.file, (source) =>
      scanFile(source, { path: each.path, siblingFiles }),
    );
    answer.files.push({ path: each.path, digest: each.digest, format, verdict, findings });
    if (each.path !== request.weightsPath || !onnx) continue;
    model = onnx;
    answer.featureNames = await featureNamesOf(each.file);
  }
  answer.model = model ? { inputs: model.inputs, outputs: model.outputs } : null;
  process.stdout.write(JSON.stringify(answer));
}

await main();
