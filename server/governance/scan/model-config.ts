import { templateFindings } from "./chat-template";
import { critical, shown, warning, type Finding } from "./findings";
import { kerasFileFindings, loaderFindings, namedFileFindings } from "./loader-config";
import { isDangerous } from "./pickle-dangerous";

const MAX_FINDINGS = 20;
const KERAS_MODULES = /^(?:keras|tensorflow\.keras|tf_keras)(?:\.|$)/;

/**
 * What the JSON of a model makes loaders run: transformers' classes from files of its own, Keras layers that hold code or come from
 * elsewhere, chat templates. Keys given twice are read as JSON.parse does, and as Python's reader does: the last counts.
 */
export function jsonFindings(text: string, path = ""): Finding[] {
  let document: unknown;
  try {
    document = JSON.parse(asPythonReads(text));
  } catch {
    // Data of another form; names that matter are looked for in the text.
    return NAMES_CODE.test(unescaped(text))
      ? [warning("config.unreadable", "It names code to load, but it is not valid JSON.")]
      : [];
  }
  const findings = namedFileFindings(path, document).slice(0, MAX_FINDINGS);
  const queue: unknown[] = [document];
  for (let at = 0; at < queue.length && findings.length < MAX_FINDINGS; at += 1) {
    const value = queue[at];
    if (typeof value !== "object" || value === null) continue;
    const entries = Object.entries(value);
    findings.push(...objectFindings(new Map<string, unknown>(entries)));
    for (const [, inner] of entries) {
      if (typeof inner === "object") queue.push(inner);
      else if (typeof inner === "string" && /^\s*\{[^]*"(?:class_name|auto_map)"/.test(inner))
        findings.push(...jsonFindings(inner));
    }
  }
  return findings;
}

const NAMES_CODE =
  /auto_map|trust_?remote_?code|parent_library|__module__|__loader__|__lambda__|custom_(?:pipelines?|objects)|chat_template|class_name/;

/** Python writes and reads three numbers that JSON does not have; a mark in front it skips at most. */
const asPythonReads = (text: string): string =>
  text
    .replace(/^\uFEFF/, "")
    .replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"?|-?\bInfinity\b|\bNaN\b/gs, (token) =>
      token.startsWith('"') ? token : "null",
    );

const unescaped = (text: string): string =>
  text.replaceAll(/\\u([\da-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function objectFindings(object: ReadonlyMap<string, unknown>): Finding[] {
  const findings: Finding[] = [];
  const map = object.get("auto_map");
  if (map !== undefined && map !== null) {
    const names = typeof map === "object" ? Object.values(map).flat() : [map];
    findings.push(
      warning(
        "config.auto_map",
        `"auto_map" makes transformers run code that comes with the model: ${shown(names.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(", "))}.`,
      ),
    );
  }
  findings.push(...loaderFindings(object));
  for (const key of ["custom_pipelines", "custom_pipeline", "custom_objects"])
    if (object.get(key)) findings.push(warning("config.custom-code", `"${key}" names code to load.`));
  const template = object.get("chat_template");
  for (const one of Array.isArray(template) ? template : [template]) {
    const body: unknown = typeof one === "object" && one !== null && "template" in one ? one.template : one;
    if (typeof body === "string") findings.push(...templateFindings(body));
  }
  return [...findings, ...kerasFindings(object)];
}

function kerasFindings(object: ReadonlyMap<string, unknown>): Finding[] {
  const name = object.get("class_name");
  if (typeof name !== "string") return [];
  if (name === "__lambda__")
    return [
      critical("keras.lambda-code", "A Keras layer holds Python bytecode, which runs when it is loaded."),
    ];
  if (/^(?:.*[>.])?Lambda$/.test(name))
    return [warning("keras.lambda", "It has a Keras Lambda layer, which runs a function of its own.")];
  const from = object.get("module");
  const isOwnFunction = from === "builtins" && name === "function";
  if (typeof from === "string" && !isOwnFunction && isDangerous(from, name) && !KERAS_MODULES.test(from))
    return [
      critical("keras.dangerous-class", `Keras would load ${shown(`${from}.${name}`)}, which can run code.`),
    ];
  if (typeof from === "string" && !KERAS_MODULES.test(from))
    return [
      warning("keras.foreign-class", `Keras would load ${shown(`${from}.${name}`)} from another library.`),
    ];
  const registered = object.get("registered_name");
  if (from === null && typeof registered === "string" && registered !== name)
    return [warning("keras.custom-class", `It needs the class ${shown(registered)}, which is not of Keras.`)];
  return kerasFileFindings(object);
}

/** Names of code in the bytes of a file whose structure is not read (HDF5). */
export function kerasBytesFindings(bytes: Buffer): Finding[] {
  const text = bytes.toString("latin1");
  if (text.includes("__lambda__"))
    return [
      critical("keras.lambda-code", "A Keras layer holds Python bytecode, which runs when it is loaded."),
    ];
  return /"class_name"\s*:\s*"(?:[^"]*[>.])?Lambda"/.test(text)
    ? [warning("keras.lambda", "It has a Keras Lambda layer, which runs a function of its own.")]
    : [];
}
