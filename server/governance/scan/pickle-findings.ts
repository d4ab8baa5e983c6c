import { critical, shown, warning, type Finding } from "./findings";
import { isImportable, judgeImport } from "./pickle-imports";
import { walkPickle } from "./pickle-machine";
import type { PickleRemark, PickleWalk } from "./pickle-walk";
import { sliceSource, type FileSource } from "./source";

const MAX_FINDINGS = 50;
const MAX_STREAMS = 1_000;

/**
 * Findings about bytes that are something else, or so they look, when an unpickler that is given them would import or call. Plain data is
 * harmless in any reading.
 */
export function strayFindings(source: FileSource, offset = 0): Finding[] {
  let at = 0;
  for (let count = 0; count < MAX_STREAMS && at < source.size; count += 1) {
    const walk = walkPickle(sliceSource(source, at));
    const findings = strayStream(walk, offset + at);
    if (findings.length > 0 || walk.end === undefined) return findings;
    at += walk.end;
  }
  if (at === source.size) return [];
  return [critical("pickle.too-many-streams", "Read as pickles, this content has too many to follow.")];
}

function strayStream(walk: PickleWalk, offset: number): Finding[] {
  const named = walk.imports.filter(isImportable);
  const computed = walk.remarks.has("computed-import");
  // A frame that ends inside a line changes the name that some unpicklers read.
  const runs =
    (walk.calls > 0 && (walk.imports.length > 0 || walk.remarks.has("extension"))) ||
    (walk.imports.length > 0 && walk.remarks.has("frame"));
  if (walk.remarks.has("limit")) {
    const why = walk.problem?.why ?? "it is too large";
    return [critical("pickle.limit", `Read as a pickle, this content cannot be followed: ${why}.`)];
  }
  if (named.length === 0 && !computed && !runs) return [];
  const [first] = named.length > 0 ? named : walk.imports;
  const label = first === undefined ? "a name that it computes" : shown(`${first.module}.${first.name}`);
  const where = `at byte ${offset + (first?.offset ?? 0)}`;
  const dangerous = walk.imports.some((one) => judgeImport(one) === "dangerous" && isImportable(one));
  if (walk.end !== undefined || runs || computed || dangerous) {
    return [
      ...importFindings(walk, offset).filter((finding) => finding.severity === "critical"),
      critical(
        "pickle.disguised",
        `Read as a pickle, this content imports ${label} ${where}${runs ? " and calls it" : ""}.`,
      ),
    ];
  }
  return [
    warning(
      "pickle.ambiguous",
      `Read as a pickle, this content would import ${label} ${where} before it breaks. Check that no program unpickles it.`,
    ),
  ];
}

export function importFindings({ imports }: PickleWalk, offset: number): Finding[] {
  const findings: Finding[] = [];
  for (const one of imports) {
    const judged = judgeImport(one);
    const label = `${shown(`${one.module}.${one.name}`)} (byte ${offset + one.offset})`;
    if (judged === "dangerous")
      findings.push(
        critical(
          "pickle.dangerous-import",
          `Loading this file imports ${label}, which can run code or reach files.`,
        ),
      );
    else if (judged === "unknown")
      findings.push(
        warning(
          "pickle.unknown-import",
          `Loading this file imports ${label}, which is not on the allow-list${one.called ? ", and calls it" : ""}.`,
        ),
      );
    else if (judged === "called")
      findings.push(
        warning(
          "pickle.called-class",
          `Loading this file calls ${label} with values of its own, where the library's pickles only restore it.`,
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

const REMARKS: Record<PickleRemark, readonly [code: string, words: string]> = {
  extension: ["pickle.extension", "It imports by extension code, which hides the name"],
  "changes-import": ["pickle.changes-import", "It changes something that it imported"],
  "calls-object": ["pickle.calls-object", "It calls an object that it made itself, not an import"],
  "sets-special": ["pickle.sets-special", "It gives an object special methods or attributes"],
  "computed-state": ["pickle.computed-state", "It computes the attributes that it gives an object"],
  "fills-object": ["pickle.fills-object", "It fills an object by methods that the file may have given it"],
  "persistent-id": ["pickle.persistent-id", "It refers to objects outside the file"],
  "late-proto": ["pickle.late-protocol", "It states its protocol in the middle"],
  frame: ["pickle.frame", "Its frames do not fit its opcodes"],
  "computed-import": ["pickle.computed-import", "It computes the name of an import"],
  "left-over": ["pickle.left-over", "Items are left over at its end"],
  limit: ["pickle.limit", "It is larger than can be followed"],
  "computed-load": ["pickle.computed-load", "It unpickles bytes that it computes"],
  "numbers-as-opcodes": [
    "pickle.numbers-as-opcodes",
    "The numbers of an array would import something if they were read as opcodes",
  ],
  "stand-in": ["pickle.stand-in", "It makes joblib's stand-in for an array in a way that joblib does not"],
  "computed-arguments": ["pickle.computed-arguments", "It calls something with arguments that it computes"],
  "object-scalar": [
    "pickle.object-scalar",
    "It passes an object through numpy, which hides what later steps change",
  ],
  "array-type": [
    "pickle.array-type",
    "It restores the type of an array as numpy does not write it, which may make numpy take numbers for objects",
  ],
};

/** Types with hundreds of fields are not followed either; classes of many libraries give what they please for their state. */
const HONEST_TOO: ReadonlySet<PickleRemark> = new Set(["array-type", "computed-state", "fills-object"]);

export function structureFindings(
  walk: PickleWalk,
  { persistentIds, offset = 0 }: { persistentIds?: boolean | undefined; offset?: number | undefined },
): Finding[] {
  const findings: Finding[] = [];
  for (const [remark, at] of walk.remarks) {
    if (remark === "persistent-id" && persistentIds === true) continue;
    const [code, words] = REMARKS[remark];
    const judge = HONEST_TOO.has(remark) ? warning : critical;
    findings.push(judge(code, `${words} (byte ${offset + at}).`));
  }
  if (walk.problem !== undefined)
    findings.push(
      critical(
        "pickle.malformed",
        `The pickle cannot be followed to its end: ${walk.problem.why} (byte ${offset + walk.problem.offset}).`,
      ),
    );
  return findings;
}
