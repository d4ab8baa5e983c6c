import { critical, info, shown, warning } from "./findings";
import type { Finding } from "./findings";
import { judgeImport } from "./pickle-imports";
import { walkPickle } from "./pickle-machine";
import type { PickleWalk } from "./pickle-machine";

const MAX_NESTING = 4;
const MAX_FINDINGS = 50;

export interface PickleOptions {
  /** Storages of a torch archive are referred to by persistent id; nowhere else. */
  persistentIds?: boolean;
}

/** True when a pickle of protocol 2 to 5 begins here. */
export const looksLikeBinaryPickle = (bytes: Uint8Array): boolean =>
  bytes.length > 2 && bytes[0] === 0x80 && (bytes[1] ?? 255) <= 5;

/**
 * True for a pickle of protocol 0 or 1, which has no magic bytes and may look like text: it imports something, and is
 * whole or calls something before it breaks (an unpickler would have run that much). Without imports it is harmless.
 */
export function looksLikeTextPickle(bytes: Uint8Array): boolean {
  const walk = walkPickle(bytes);
  return walk.imports.length > 0 && (walk.end !== undefined || walk.calls);
}

/** Judges a pickle by its imports without unpickling anything. Only allow-listed imports pass. */
export function scanPickle(bytes: Uint8Array, options: PickleOptions = {}, depth = 0): Finding[] {
  const walk = walkPickle(bytes);
  const findings = [...importFindings(walk), ...structureFindings(walk, bytes, options)];
  for (const nested of walk.nested) {
    const inner = walkPickle(nested);
    if (inner.end === undefined && inner.imports.length === 0) continue;
    if (depth >= MAX_NESTING) findings.push(critical("pickle.nesting", "Pickles are nested too deeply."));
    else
      findings.push(
        info("pickle.nested", "A byte string holds another pickle."),
        ...scanPickle(nested, {}, depth + 1),
      );
    if (findings.length > MAX_FINDINGS) break;
  }
  return findings;
}

function importFindings({ imports }: PickleWalk): Finding[] {
  const findings: Finding[] = [];
  for (const { module, name } of imports) {
    const judged = judgeImport(module, name);
    const label = shown(`${module}.${name}`);
    if (judged === "dangerous")
      findings.push(
        critical("pickle.dangerous-import", `Loading this file imports ${label}, which can run code.`),
      );
    else if (judged === "unknown")
      findings.push(
        warning(
          "pickle.unknown-import",
          `Loading this file imports ${label}, which is not on the allow-list.`,
        ),
      );
    if (findings.length > MAX_FINDINGS) {
      findings.push(
        critical("pickle.too-many-imports", "There are more imports outside the allow-list than are listed."),
      );
      break;
    }
  }
  return findings;
}

function structureFindings(walk: PickleWalk, bytes: Uint8Array, options: PickleOptions): Finding[] {
  const findings: Finding[] = [];
  if (walk.problem !== undefined)
    findings.push(critical("pickle.malformed", `The pickle cannot be followed to its end: ${walk.problem}.`));
  if (walk.end !== undefined && walk.end < bytes.length) {
    findings.push(
      critical("pickle.trailing-data", `${bytes.length - walk.end} bytes follow the end of the pickle.`),
    );
  }
  if (walk.extensions)
    findings.push(critical("pickle.extension", "It imports by extension code, which hides the name."));
  if (walk.buildsOnImport)
    findings.push(critical("pickle.changes-import", "It sets attributes of something that it imported."));
  if (walk.persistentIds && options.persistentIds !== true) {
    findings.push(critical("pickle.persistent-id", "It refers to objects outside the file."));
  }
  return findings;
}
