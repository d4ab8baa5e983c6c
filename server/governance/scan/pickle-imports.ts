import { digestOf } from "../../core/digest";
import { ALLOWED_IMPORTS } from "./pickle-allowed";
import { DANGEROUS_LISTS, isDangerous } from "./pickle-dangerous";
import type { PickleImport } from "./pickle-items";

/** Raise with every change of the lists; files are scanned again when the digest changes. */
export const IMPORT_LIST_VERSION = "2026.11.3";

const ALLOWED: ReadonlyMap<string, { callable: boolean }> = new Map(
  Object.values(ALLOWED_IMPORTS).flatMap((library) =>
    Object.entries<readonly string[]>(library).flatMap(([module, names]) =>
      names.map(
        (name) => [`${module} ${name.replace(/\(\)$/, "")}`, { callable: name.endsWith("()") }] as const,
      ),
    ),
  ),
);

/** Digest of everything that decides how an import is judged. */
export const IMPORT_LIST_DIGEST = digestOf({
  version: IMPORT_LIST_VERSION,
  allowed: [...ALLOWED].map(([key, { callable }]) => `${key}${callable ? "()" : ""}`).toSorted(),
  dangerous: DANGEROUS_LISTS,
});

export type Judgement = "allowed" | "called" | "dangerous" | "unknown";

/**
 * `called`: on the list as a class that pickles rebuild, yet this pickle calls it with values of its own, which no library's pickles do.
 */
export function judgeImport({ module, name, called }: Omit<PickleImport, "offset" | "made">): Judgement {
  const allowed = ALLOWED.get(`${module} ${name}`);
  if (allowed !== undefined) return called && !allowed.callable ? "called" : "allowed";
  // It unpickles bytes of the file itself, which are judged as well.
  if (module === "torch.storage" && name === "_load_from_bytes") return "unknown";
  return isDangerous(module, name) ? "dangerous" : "unknown";
}

/** Whether Python could find such a module and name at all: prose that happens to look like an import is none. */
export const isImportable = ({ module, name }: Pick<PickleImport, "module" | "name">): boolean =>
  [...module.split("."), ...name.split(".")].every((part) =>
    /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(part),
  );
