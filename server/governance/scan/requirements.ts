import { z } from "zod";
import { shown, warning, type Finding } from "./findings";
import { readPythonYaml } from "./python-yaml";

const MAX_FINDINGS = 20;
/** A package of the index by name, perhaps with extras, versions and a marker. */
const PLAIN =
  /^[A-Za-z0-9][\w.-]*\s*(?:\[[\w.,\s-]*\])?\s*(?:\(?\s*(?:[<>=!~]=?=?|===)\s*[\w.*+!-]+(?:\s*,\s*(?:[<>=!~]=?=?|===)\s*[\w.*+!-]+)*\s*\)?)?\s*(?:;[^@]*)?$/;
/** Python's `splitlines` ends a line at most control characters, and at two more. */
const LINE_ENDS = /\r\n|(?!\t)[\p{Cc}\u2028\u2029]/u;
const CODING = /^(?:[^\n]*\n)?[ \t]*#[^\n]*coding[:=][ \t]*(?!utf-?8)/i;
/** Longer ones are not read: the patterns would take long. */
const MAX_LINE = 4_096;
/** Options that change neither where packages come from nor what runs. */
const HARMLESS_OPTION =
  /^--(?:hash=\S+|only-binary(?:[ =]\S+)?|prefer-binary|require-hashes|no-binary=none)$/;
const CHANNELS = new Set(
  "defaults conda-forge nodefaults main r msys2 anaconda pytorch nvidia bioconda".split(" "),
);

const HASH = /(?<=[ \t])--hash=sha256:[0-9a-f]{64}(?![^\s])/g;

/** Requirements that come from elsewhere than the usual index, where anybody may put code that runs when they are installed. */
export function requirementsFindings(text: string): Finding[] {
  if (CODING.test(text))
    return [warning("requirements.foreign", "It states a coding in which it is to be read.")];
  const lines = text
    .split(LINE_ENDS)
    // A comment is not continued by the backslash at its end.
    .map((line) => (/^\s*#/.test(line) ? "" : line))
    .join("\n")
    .replaceAll("\\\n", " ")
    // A lock names a hash for each file of a package, and some have hundreds.
    .replaceAll(HASH, "")
    .split("\n")
    .map((line) =>
      line.length > MAX_LINE
        ? line
        : line
            .replaceAll(/\s+/g, " ")
            .replace(/(^| )#.*$/, "")
            .trim(),
    )
    .filter(Boolean);
  return lines.flatMap(requirementFindings).slice(0, MAX_FINDINGS);
}

function requirementFindings(line: string): Finding[] {
  if (line.length > MAX_LINE)
    return [warning("requirements.unreadable", "A requirement is too long to be read.")];
  const [requirement = "", ...options] = line.split(/\s+(?=--[a-z])/);
  const foreign = options.filter((option) => !HARMLESS_OPTION.test(option));
  if (foreign.length === 0 && (PLAIN.test(requirement) || HARMLESS_OPTION.test(requirement))) return [];
  return [warning("requirements.foreign", `${reason(line)}: ${shown(line)}.`)];
}

function reason(line: string): string {
  if (/^(?:-i|--index-url|--extra-index-url|--pypi-url|-f|--find-links|--trusted-host)\b/.test(line))
    return "Packages are taken from another index";
  if (/^(?:-r|--requirement|-c|--constraint)\b/.test(line)) return "Requirements are read from another file";
  if (/\b(?:git|hg|svn|bzr)\+/.test(line)) return "A package is taken from a repository";
  if (/:\/\/|@/.test(line)) return "A package is taken from an address";
  if (/^-e\b|^--editable\b|^[./~]|[\\/]|\.(?:whl|zip|tar\.gz)\b/.test(line))
    return "A package is taken from a path";
  if (line.startsWith("-")) return "The installer is given an option";
  return "A requirement is not a plain package";
}

const Environment = z.looseObject({
  channels: z.array(z.string()).nullish(),
  dependencies: z
    .array(z.union([z.string(), z.looseObject({ pip: z.array(z.string()).nullish() })]))
    .nullish(),
});
const PythonEnvironment = z.looseObject({
  build_dependencies: z.array(z.string()).nullish(),
  dependencies: z.array(z.string()).nullish(),
});

/** A conda environment: its channels, and its packages from conda and pip. */
export function condaFindings(text: string): Finding[] {
  const parsed = readPythonYaml(text, Environment);
  if (parsed === undefined) return [unreadable];
  const findings = (parsed.channels ?? [])
    .filter((channel) => !CHANNELS.has(channel))
    .map((channel) =>
      warning("requirements.foreign", `Packages are taken from another channel: ${shown(channel)}.`),
    );
  for (const one of parsed.dependencies ?? []) {
    if (typeof one !== "string") {
      findings.push(...requirementsFindings((one.pip ?? []).join("\n")));
      continue;
    }
    const channel = /^([^:\s]+)::/.exec(one)?.[1];
    if ((channel !== undefined && !CHANNELS.has(channel)) || /:\/\/|^[./~]|\\/.test(one))
      findings.push(warning("requirements.foreign", `A package is taken from elsewhere: ${shown(one)}.`));
  }
  return findings.slice(0, MAX_FINDINGS);
}

/** MLflow's description of a virtual environment. */
export function pythonEnvFindings(text: string): Finding[] {
  const parsed = readPythonYaml(text, PythonEnvironment);
  if (parsed === undefined) return [unreadable];
  const all = [...(parsed.build_dependencies ?? []), ...(parsed.dependencies ?? [])];
  // MLflow names the requirements beside it.
  return requirementsFindings(all.filter((one) => !/^-r requirements\.txt$/.test(one.trim())).join("\n"));
}

const unreadable = warning(
  "requirements.unreadable",
  "The environment's description cannot be read for sure.",
);
