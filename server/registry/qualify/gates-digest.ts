import { z } from "zod";
import { digestOf } from "@/server/core/digest";
import type { VerdictView } from "@/server/governance";

/** What of a verdict people's approval rests on. */
export type Finding = Pick<
  VerdictView,
  "policyKey" | "policyDigest" | "verdict" | "rules" | "inputs" | "evidence"
>;

const Scan = z.looseObject({ files: z.array(z.looseObject({ verdict: z.string() })) });
const Contract = z.record(z.string(), z.unknown());

/** Of a file that is safe its bytes count, not what the scanner called it; of any other, all that was found. */
function scanned(value: unknown): unknown {
  const { files } = Scan.parse(value);
  return files.map((file) =>
    file.verdict === "pass" ? { path: file.path, digest: file.digest, verdict: file.verdict } : file,
  );
}

/** What was declared. What came of trying it is said by the rules that judge it, and counts as a doubt where it is one. */
function declared(value: unknown): unknown {
  const { trial: _trial, problems: _problems, ...rest } = Contract.parse(value);
  return rest;
}

const ESSENCE: Record<string, (value: unknown) => unknown> = { scan: scanned, contract: declared };

/**
 * What was judged, but for who looked and how: a newer scanner that finds the same in the same files changes nothing, nor does a first trial of a
 * model that answers.
 */
const inputsOf = ({ inputs, evidence }: Finding): unknown[] =>
  inputs.map(({ name, digest }) => {
    const essence = ESSENCE[name];
    return essence ? { name, digest: digestOf(essence(evidence[name])) } : { name, digest };
  });

/**
 * Identity of a judgement: what was said of each piece of evidence, and where it is no clear yes, why. Which version of a policy said it does not
 * belong to it, so that an approval outlives a new version under which nothing is found that people have not seen.
 */
export const gatesDigestOf = (findings: readonly Finding[]): string =>
  digestOf(
    findings
      .map((finding) => ({
        policyKey: finding.policyKey,
        verdict: finding.verdict,
        inputs: inputsOf(finding),
        doubts: finding.rules
          .filter(({ outcome }) => outcome !== "pass" && outcome !== "skipped")
          .map(({ id, outcome, message }) => ({ id, outcome, message })),
      }))
      .toSorted((a, b) => (a.policyKey < b.policyKey ? -1 : 1)),
  );

/** As releases before 0.3 named a judgement; approvals of that time are bound to it. */
const formerDigestOf = (findings: readonly Finding[]): string =>
  digestOf(
    findings
      .map(({ policyKey, policyDigest, verdict, inputs }) => ({ policyKey, policyDigest, verdict, inputs }))
      .toSorted((a, b) => (a.policyKey < b.policyKey ? -1 : 1)),
  );

/**
 * The digest that a version has after a judgement. While a policy's grace lasts, what its earlier version said of the same evidence
 * stands for it. `runs` are the version's earlier runs, newest first.
 */
export function digestAfter(
  found: readonly Finding[],
  runs: readonly (readonly Finding[])[],
  before: string | null,
  inGrace: (policyKey: string) => boolean,
): string {
  const standing = found.map((finding) => {
    if (!inGrace(finding.policyKey)) return finding;
    const earlier = runs
      .flat()
      .find((each) => each.policyKey === finding.policyKey && each.policyDigest !== finding.policyDigest);
    const same = earlier && digestOf(inputsOf(earlier)) === digestOf(inputsOf(finding));
    return same ? earlier : finding;
  });
  const digest = gatesDigestOf(standing);
  const bound = before === null ? undefined : runs.find((run) => formerDigestOf(run) === before);
  return bound && before !== null && gatesDigestOf(bound) === digest ? before : digest;
}
