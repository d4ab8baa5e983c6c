import { critical, shown, warning, type Finding } from "./findings";
import { foreignTextFindings } from "./loader-config";
import { jsonFindings } from "./model-config";
import { mlmodelFindings } from "./mlmodel";
import { condaFindings, pythonEnvFindings, requirementsFindings } from "./requirements";
import { templateFindings } from "./chat-template";

const KINDS: readonly (readonly [RegExp, (text: string, path: string) => Finding[]])[] = [
  [/(^|\/)MLmodel$/, mlmodelFindings],
  [/(^|\/)[^/]*requirements[^/]*\.(txt|in)$/i, requirementsFindings],
  [/(^|\/)(conda|environment)[^/]*\.ya?ml$/i, condaFindings],
  [/(^|\/)python_env\.ya?ml$/i, pythonEnvFindings],
  [/\.json$/i, jsonFindings],
  [/(^|\/)(pickle_module_info|keras_module)\.txt$/, moduleFindings],
  [/\.(jinja2?|j2)$/i, templateFindings],
  [
    /\.(py|pyw|pyx|pyi|ipynb)$/i,
    () => [
      warning("code.python", "It is Python code, which may run when a client loads the model. Read it."),
    ],
  ],
  [
    /\.(sh|bash|zsh|bat|cmd|ps1|js|mjs|cjs|rb|pl|r|jl|lua)$|(^|\/)(setup\.cfg|pyproject\.toml|Makefile|Dockerfile)$/i,
    () => [warning("code.script", "It is code or a build file that tools may run. Read it.")],
  ],
];

/** MLflow imports the module that such a file names. */
function moduleFindings(text: string): Finding[] {
  if (/^(?:mlflow\.pytorch\.pickle_module|pickle|cloudpickle|keras|tensorflow\.keras)\s*$/.test(text))
    return [];
  return [warning("mlmodel.loader", `MLflow would import ${shown(text)} to load the model.`)];
}

const YAML_OBJECT = /!!python\/|!python\/|tag:yaml\.org,2002:python\//;
const JSON_OBJECT = /"py\/(?:reduce|object|function|type|newargs|newobj|repr|mod|id)"/;

/** Text that leads a client to code, without any pickle. What decides is the name under which clients look for it. */
export function codeFindings(path: string, text: string): Finding[] {
  const findings = KINDS.filter(([pattern]) => pattern.test(path)).flatMap(([, find]) => find(text, path));
  findings.push(...foreignTextFindings(path, text));
  if (text.startsWith("#!"))
    findings.push(
      warning("code.script", `It is a program for ${shown(text.slice(2).split("\n")[0] ?? "")}.`),
    );
  if (YAML_OBJECT.test(text))
    findings.push(
      critical("code.yaml-object", "It has a YAML tag that makes some readers call Python code."),
    );
  if (JSON_OBJECT.test(text))
    findings.push(warning("code.json-object", "It describes Python objects that jsonpickle would rebuild."));
  return findings;
}

const NATIVE: readonly (readonly [string, Buffer])[] = [
  ["Linux", Buffer.from("7f454c46", "hex")],
  ["Windows", Buffer.from("MZ")],
  ["macOS", Buffer.from("feedface", "hex")],
  ["macOS", Buffer.from("feedfacf", "hex")],
  ["macOS", Buffer.from("cefaedfe", "hex")],
  ["macOS", Buffer.from("cffaedfe", "hex")],
  ["macOS or Java", Buffer.from("cafebabe", "hex")],
  ["WebAssembly", Buffer.from("0061736d", "hex")],
];

/** For what a file's first bytes are machine code, if they are. */
export const nativeCode = (head: Buffer): string | undefined =>
  NATIVE.find(([, magic]) => head.subarray(0, magic.length).equals(magic))?.[0];
