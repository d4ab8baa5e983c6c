import YAML from "yaml";
import { z } from "zod";
import type { ObjectStore } from "@/server/adapters/object-store";
import { minorOf, type MlflowModel } from "./mlmodel";
import { readText, type StoredFile } from "./sources";
import { firstCharacters } from "@/server/core/characters";

/** What a model was logged with cannot be made into an environment, in words. */
export class NoEnvironment extends Error {
  override readonly name = "NoEnvironment";
}

export interface Requirements {
  /** In pip's form. */
  text: string;
  /** Such as "3.12". */
  python: string;
  /** Whether it names every package with its hashes already, as a lock file does. */
  isLock: boolean;
}

const Conda = z.looseObject({ dependencies: z.array(z.unknown()).catch([]) });
const CondaPip = z.looseObject({ pip: z.array(z.string()) });
const PythonEnv = z.looseObject({ python: z.union([z.string(), z.number()]).transform(String) });

/** Logical lines, without comments, as pip has them. */
const linesOf = (text: string): string[] =>
  text
    .replace(/^\uFEFF/, "")
    .replaceAll(/^[ \t]*#.*$/gm, "")
    .replaceAll(/\\\r?\n/g, " ")
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|[ \t])#.*$/, "").replaceAll(/^[ \t]+|[ \t]+$/g, ""))
    .filter((line) => line !== "");

const NAME = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?";
const VERSION = "(?:===|[<>=!~]=|[<>])[ \\t]*[A-Za-z0-9_.*+!-]+";
const VERSIONS = `${VERSION}(?:[ \\t]*,[ \\t]*${VERSION})*,?`;
/** A package by name, with extras, versions and a marker; nothing in it is an option, a place or a variable to pip. */
const PLAIN = new RegExp(
  `^${NAME}[ \\t]*(?:\\[[A-Za-z0-9._, \\t-]*\\])?[ \\t]*(?:${VERSIONS}|\\([ \\t]*${VERSIONS}[ \\t]*\\))?[ \\t]*(?:;(?:(?![ \\t]-)[A-Za-z0-9_.*+!<>=~()'", \\t-])*)?$`,
);
const HASH = /^--hash=(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;
/** Longer ones are not read: the pattern would take long. */
const MAX_CHARACTERS = 1_000;

/** What a line asks for, and the hashes it names. */
const wordsOf = (line: string): [requirement: string, ...hashes: string[]] => {
  const [requirement = "", ...hashes] = line.split(/[ \t]+(?=--hash=)/);
  return [requirement, ...hashes];
};

/** An allow-list: what pip would take for something else than a package (lines end for it at many characters, `${NAME}` is a variable) is refused. */
function isPlain(line: string): boolean {
  const [requirement, ...hashes] = wordsOf(line);
  return (
    requirement.length <= MAX_CHARACTERS && PLAIN.test(requirement) && hashes.every((hash) => HASH.test(hash))
  );
}

function checked(lines: readonly string[], file: string): string[] {
  for (const line of lines)
    if (!isPlain(line))
      throw new NoEnvironment(
        `${file} says ${JSON.stringify(firstCharacters(line, 80))}: only packages of the index that this installation uses are taken, such as "pandas==3.0.1"`,
      );
  return [...lines];
}

/** Of lines that were checked: whether each is bound to hashes, so that pip takes nothing else. */
const isLocked = (lines: readonly string[]): boolean =>
  lines.length > 0 && lines.every((line) => wordsOf(line).some((word) => word.startsWith("--hash=sha256:")));

function fromConda(text: string): { lines: string[]; python: string | null } {
  const { dependencies } = Conda.parse(YAML.parse(text, { maxAliasCount: 100 }));
  const named = dependencies.filter((each) => typeof each === "string");
  const foreign = named.filter((each) => !/^(python|pip)\b/.test(each));
  if (foreign.length > 0)
    throw new NoEnvironment(
      `conda.yaml asks for ${foreign.slice(0, 3).join(", ")} from conda: only packages that pip installs are taken`,
    );
  const python = named.find((each) => /^python\b/.test(each))?.replace(/^python[=\s]*/, "");
  const pip = dependencies.flatMap((each) => CondaPip.safeParse(each).data?.pip ?? []);
  return { lines: linesOf(pip.join("\n")), python: minorOf(python) };
}

/** The files in which a model says what it needs; undefined for one that is missing. */
export interface RequirementFiles {
  pip: string | undefined;
  conda: string | undefined;
  pythonEnv: string | undefined;
}

/** @throws NoEnvironment */
export function readRequirements(
  { pip, conda, pythonEnv }: RequirementFiles,
  version: string | null,
): Requirements {
  if (pip === undefined && conda === undefined)
    throw new NoEnvironment("it was logged without requirements.txt and without conda.yaml");
  try {
    const fallback = pip === undefined && conda !== undefined ? fromConda(conda) : undefined;
    const lines = fallback
      ? checked(fallback.lines, "conda.yaml")
      : checked(linesOf(pip ?? ""), "requirements.txt");
    const named = pythonEnv === undefined ? undefined : PythonEnv.safeParse(YAML.parse(pythonEnv)).data;
    const python = version ?? minorOf(named?.python) ?? fallback?.python;
    if (!python) throw new NoEnvironment("nothing in it says which Python it was logged with");
    return { text: `${lines.join("\n")}\n`, python, isLock: isLocked(lines) };
  } catch (error) {
    if (error instanceof NoEnvironment) throw error;
    throw new NoEnvironment("what it says of its packages cannot be read");
  }
}

/** What the version's own files say of its packages and its Python. @throws NoEnvironment */
export async function requirementsOf(
  store: ObjectStore,
  files: readonly StoredFile[],
  model: NonNullable<MlflowModel["python"]>,
): Promise<Requirements> {
  const read = async (path: string) => {
    const file = files.find((each) => each.path === path);
    return file && (await readText(store, file).catch(() => undefined));
  };
  const [pip, conda, pythonEnv] = [
    await read("requirements.txt"),
    await read("conda.yaml"),
    await read("python_env.yaml"),
  ];
  return readRequirements({ pip, conda, pythonEnv }, model.version);
}
