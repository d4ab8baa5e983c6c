import { isDeepStrictEqual } from "node:util";
import { digestOf } from "@/server/core/digest";
import type { FarModel, ModelSignature, TensorSignature } from "../model-runtime/port";
import { notAllowed, oneLine } from "./faults";
import type { EndpointFile, Reported } from "./schemas";

/** Digest of what a far end says of its model. */
export const reportedDigest = (reported: FarModel): string => digestOf(reported);

const tensorsOf = (tensors: readonly TensorSignature[]) =>
  oneLine(
    tensors.map(({ name, datatype, shape }) => `${name} ${datatype} [${shape.join(", ")}]`).join("; "),
  ) || "nothing";

/** A far end's names, such as those of its versions. */
export const listed = (values: readonly string[]) => oneLine(values.join(", ")) || "none";

/** How what the far end says now differs from what it said at the trial; `shape` where callers could notice. */
export function changeOf(
  before: FarModel,
  now: FarModel,
): { what: "shape" | "words"; text: string } | undefined {
  for (const side of ["inputs", "outputs"] as const)
    if (!isDeepStrictEqual(before[side], now[side]))
      return {
        what: "shape",
        text: `${side} were ${tensorsOf(before[side])} and are ${tensorsOf(now[side])}`,
      };
  if (!isDeepStrictEqual(before.versions, now.versions))
    return {
      what: "words",
      text: `versions were ${listed(before.versions)} and are ${listed(now.versions)}`,
    };
  if (before.platform !== now.platform)
    return {
      what: "words",
      text: `the platform was "${oneLine(before.platform)}" and is "${oneLine(now.platform)}"`,
    };
  if (before.name !== now.name)
    return { what: "words", text: `the name was "${oneLine(before.name)}" and is "${oneLine(now.name)}"` };
  return undefined;
}

/** What the model takes and gives: by the far end's words, else by those of the file or the contract. @throws AppError `invalid` */
export function signatureOf(
  file: EndpointFile,
  reported: Reported | undefined,
  declared: ModelSignature | undefined,
): ModelSignature {
  if (file.protocol === "http-json") return { inputs: file.inputs, outputs: file.outputs };
  const says = reported !== undefined && reported.outputs.length > 0;
  const found = says ? { inputs: reported.inputs, outputs: reported.outputs } : declared;
  if (found) return found;
  throw notAllowed(
    "The endpoint does not say what its model takes and gives.",
    "Declare it in the contract, and run the gates again.",
  );
}
