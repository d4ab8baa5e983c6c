import { shown, warning, type Finding } from "./findings";
import { judgeImport } from "./pickle-imports";

type Entries = ReadonlyMap<string, unknown>;

const DIFFUSERS = new Set(["diffusers", "transformers", "onnxruntime", "stable_diffusion"]);
const SKOPS_PLAIN = new Set(
  "bool bytearray bytes complex dict float frozenset int list set slice str tuple".split(" "),
);
const ACTIVATIONS = [
  "activation_function",
  "activation_fn",
  "default_activation_function",
  "sbert_ce_default_activation_function",
];

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null ? Object.entries(value) : [];
const written = (value: unknown): string => shown(typeof value === "string" ? value : JSON.stringify(value));

/** Classes that a settings file names for the loader which looks for it under this name. */
export function namedFileFindings(path: string, document: unknown): Finding[] {
  const file = path.split("/").at(-1)?.toLowerCase();
  if (file === "modules.json")
    return entriesOf(document).flatMap(([, module]) =>
      sentenceFindings(new Map(entriesOf(module)).get("type")),
    );
  if (file === "router_config.json")
    return entriesOf(new Map(entriesOf(document)).get("types")).flatMap(([, type]) => sentenceFindings(type));
  if (file === "model_index.json")
    return entriesOf(document).flatMap(([key, value]) => diffusersFindings(key, value));
  return [];
}

const sentenceFindings = (type: unknown): Finding[] =>
  typeof type === "string" && /^sentence_transformers\.[\w.]+$/.test(type)
    ? []
    : [warning("config.foreign-module", `sentence-transformers would import ${written(type ?? null)}.`)];

function diffusersFindings(key: string, value: unknown): Finding[] {
  const parts: unknown[] = Array.isArray(value) ? value : [];
  // Settings of a pipeline may be lists too; only a pair that names a class is imported.
  if (!parts.some((part) => typeof part === "string")) return [];
  const [library, name] = parts;
  const isKnown = typeof library === "string" && DIFFUSERS.has(library);
  return isKnown && typeof name === "string" && /^[A-Z]\w*$/.test(name)
    ? []
    : [warning("config.foreign-module", `diffusers would import ${written(value)} for ${shown(key)}.`)];
}

/** Switches and names by which an object of any settings file leads a loader to code of others. */
export function loaderFindings(object: Entries): Finding[] {
  const findings: Finding[] = [];
  for (const [key, value] of object) {
    // Python takes every value but these for true, the text "false" too.
    const isOff = value === false || value === null || value === 0 || value === "";
    if (/^trust[-_]?remote[-_]?code$/i.test(key) && !isOff)
      findings.push(
        warning("config.remote-code", '"trust_remote_code" is on: loading it runs code from elsewhere.'),
      );
  }
  const mapping = object.get("auto_mapping");
  if (mapping !== undefined && mapping !== null) {
    const library = new Map(entriesOf(mapping)).get("parent_library");
    if (typeof library !== "string" || !/^transformers(?:\.\w+)*$/.test(library))
      findings.push(warning("config.foreign-module", `PEFT would import ${written(library ?? mapping)}.`));
  }
  for (const key of ACTIVATIONS) {
    const name = object.get(key);
    if (typeof name === "string" && name.includes(".") && !/^torch\.nn\.[\w.]+$/.test(name))
      findings.push(warning("config.foreign-module", `A loader would import ${shown(name)}.`));
  }
  return [...findings, ...skopsFindings(object)];
}

function skopsFindings(object: Entries): Finding[] {
  const from = object.get("__module__");
  const name = object.get("__class__");
  if (from === undefined && !object.has("__loader__")) return [];
  if (typeof from === "string" && typeof name === "string") {
    if (from === "builtins" && SKOPS_PLAIN.has(name)) return [];
    if (judgeImport({ module: from, name, called: false }) === "allowed") return [];
  }
  return [
    warning("config.skops", `skops would load ${written([from, name].join("."))}, which is not known.`),
  ];
}

const KERAS_HELPERS = /^(?:keras|tensorflow\.keras|tf_keras)\.(?:src\.)?(?:utils|saving|config)(?:\.|$)/;
const KERAS_FETCHES = /(?:^|[.>])(?:get_file|load_\w+|import_\w+|enable_unsafe_deserialization)$/;

/** Keras' own names that fetch or read a file of the author's choosing. */
export function kerasFileFindings(object: Entries): Finding[] {
  const config = object.get("config");
  const names = [object.get("class_name"), object.get("registered_name"), config];
  const fetches = names.find((one) => typeof one === "string" && KERAS_FETCHES.test(one));
  const from = object.get("module");
  if (fetches !== undefined || (typeof from === "string" && KERAS_HELPERS.test(from)))
    return [
      warning("keras.helper", `Keras would call ${written(fetches ?? from)}, which may fetch or read files.`),
    ];
  return entriesOf(config)
    .filter(([key, value]) => /^(?:vocabulary|idf_weights)$/.test(key) && typeof value === "string")
    .map(([key, value]) =>
      warning("keras.file", `A Keras layer reads its ${key} from the file ${written(value)}.`),
    );
}

const XML = /^\uFEFF?\s*<(?:\?xml|!DOCTYPE|!--|\w)/i;

/** Text forms that a reader of another language follows to code or to other files. */
export function foreignTextFindings(path: string, text: string): Finding[] {
  if (/^(?:RD[AX]\d\r?\n)?A\r?\n\d+\r?\n/.test(text) || /\.(?:rds|rda|rdata)$/i.test(path))
    return [warning("code.r", "It is an object of R in text form, which may hold functions that run.")];
  const isPage = /\.html?$/i.test(path) && !/<!ENTITY|<!DOCTYPE[^<>[]*\[/i.test(text);
  if (XML.test(text) && !isPage && /<!(?:DOCTYPE|ENTITY)/i.test(text))
    return [
      warning("xml.entities", "It is XML with a DTD, by which a reader may open other files or addresses."),
    ];
  if (
    /\.ya?ml$/i.test(path) &&
    /trust[-_]?remote[-_]?code["']?\s*:(?![ \t]*(?:false|null|~|no|off)[ \t]*(?:#|[\r\n]|$))/i.test(text)
  )
    return [warning("config.remote-code", '"trust_remote_code" is on: loading it runs code from elsewhere.')];
  return [];
}
