/** The words of verdicts, one place for all of them: rows of rules, gates, badges, blockers and counts say the same of the same. */

interface Words {
  /** Of one verdict, as a badge. */
  badge: string;
  one: string;
  many: string;
}

/** The worst first, as counts list them. */
const WORDS = {
  fail: { badge: "Fails", one: "fails", many: "fail" },
  error: { badge: "Not judged", one: "not judged", many: "not judged" },
  missing: { badge: "No verdict", one: "without a verdict", many: "without a verdict" },
  indeterminate: { badge: "Undecided", one: "undecided", many: "undecided" },
} satisfies Record<string, Words>;

const OTHERS: Record<string, string> = { pass: "Passes", skipped: "Does not apply" };

/** A verdict as a badge says it. A word of no verdict stays what it is. */
export const verdictWord = (verdict: string): string =>
  Object.entries(WORDS).find(([name]) => name === verdict)?.[1].badge ?? OTHERS[verdict] ?? verdict;

/** "All 6 pass", or what does not: "1 fails, 3 undecided, accepted by Robin". Only what did not pass needs to be accepted. */
export function verdictsInWords(verdicts: readonly string[], acceptedBy?: string | null): string {
  if (verdicts.length === 0) return "not judged";
  const counted = Object.entries(WORDS).flatMap(([name, words]) => {
    const count = verdicts.filter((verdict) => verdict === name).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? words.one : words.many}`];
  });
  if (counted.length === 0) return verdicts.length === 1 ? "1 passes" : `all ${verdicts.length} pass`;
  return [...counted, ...(acceptedBy ? [`accepted by ${acceptedBy}`] : [])].join(", ");
}

/**
 * What one measure says, as the gate that judges it sees it: a difference beyond its limit fails the gate, or goes to people where the
 * policy leaves it to them. The measure never contradicts its gate.
 */
export function measureInWords(
  measured: "pass" | "fail" | "indeterminate",
  gate: string | undefined,
): { status: string; label: string } {
  if (measured === "pass") return { status: "pass", label: "Within its limit" };
  if (measured === "indeterminate") return { status: "indeterminate", label: "Undecided" };
  return gate === undefined || gate === "fail"
    ? { status: "fail", label: "Beyond its limit" }
    : { status: "indeterminate", label: "Beyond its limit, people decide" };
}
