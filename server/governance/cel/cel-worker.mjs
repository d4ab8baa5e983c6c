/* oxlint-disable unicorn/require-post-message-target-origin -- a thread's port has no origin */
import { parentPort } from "node:worker_threads";
import { isCelError, isCelList, isCelMap, isCelUint, run } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";

/** Objects become maps, so that no name can reach a JavaScript prototype. */
function toCel(value) {
  if (Array.isArray(value)) return value.map(toCel);
  if (value !== null && typeof value === "object") {
    return new Map(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
  }
  return value;
}

function toJson(value) {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number")
    return value;
  if (typeof value === "bigint") return String(value);
  if (isCelUint(value)) return String(value.value);
  if (isCelList(value)) return [...value].map(toJson);
  if (isCelMap(value))
    return Object.fromEntries([...value].map(([key, item]) => [String(key), toJson(item)]));
  throw new TypeError("the result has no JSON form");
}

parentPort.on("message", ({ expression, context }) => {
  try {
    const bindings = Object.fromEntries(Object.entries(context).map(([name, value]) => [name, toCel(value)]));
    const value = run(expression, bindings, { funcs: strings });
    if (isCelError(value)) parentPort.postMessage({ kind: "error", message: String(value.message) });
    else parentPort.postMessage({ kind: "value", value: toJson(value) });
  } catch (error) {
    parentPort.postMessage({
      kind: "error",
      message: error instanceof Error ? error.message : String(error),
    });
  }
});
parentPort.postMessage({ kind: "ready" });
