import { digestOf } from "@/server/core/digest";
import type { VerdictView } from "@/server/governance";

/** What of a verdict people's approval rests on. */
export type Finding = Pick<
  VerdictView,
  "policyKey" | "policyDigest" | "verdict" | "rules" | "inputs" | "evidence"
>;

/** What was judged, but for which scanner looked: a newer one that finds the same in the same files changes nothing. */
function inputsOf({ inputs, evidence }: Finding): unknown[] {
  return inputs.map(({ name, digest }) => {
    const value = evidence[name];
    if (name !== "scan" || value === null || typeof value !== "object" || !("files" in value))
      return { name, digest };
    return { name, digest: digestOf(value.files) };
  });
}

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
