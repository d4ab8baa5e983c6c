import { digestOf } from "../../core/digest";
import { evaluateCel, isTrue } from "./evaluate";
import type { CelContext, CelOutcome } from "./evaluate";
import { EVIDENCE_SCHEMAS, isKnownEvidence } from "./evidence";
import { policyDigest } from "./policy-document";
import type { PolicyDocument, PolicyRule } from "./policy-document";
import { firstCharacters } from "@/server/core/characters";

export type RuleOutcome = "pass" | "fail" | "indeterminate" | "error" | "skipped";
export type PolicyVerdict = "pass" | "fail" | "indeterminate" | "error";

export interface RuleResult {
  id: string;
  title: string;
  outcome: RuleOutcome;
  message: string;
  /** Figures as text; numbers in decimal notation. */
  values: Record<string, string>;
}

export interface PolicyResult {
  verdict: PolicyVerdict;
  policyDigest: string;
  /** Digest of each piece of evidence that was used. */
  inputs: { name: string; digest: string }[];
  rules: RuleResult[];
}

export type Evaluate = (expression: string, context: CelContext) => Promise<CelOutcome>;

/**
 * Judges evidence by a policy. The same document and evidence always give the same result. Missing evidence fails,
 * malformed evidence and expressions that throw, time out or are not boolean are errors; nothing but every applicable
 * rule being exactly `true`, with at least one applied, passes.
 */
export async function evaluatePolicy(
  document: PolicyDocument,
  evidence: Record<string, unknown>,
  evaluate: Evaluate = evaluateCel,
): Promise<PolicyResult> {
  const { context, problems } = gatherEvidence(document.spec.evidence, evidence);
  const inputs = Object.entries(context).map(([name, value]) => ({ name, digest: digestOf(value) }));
  const rules: RuleResult[] = [...problems];
  if (problems.length === 0) {
    for (const rule of document.spec.rules) rules.push(await judgeRule(rule, context, evaluate));
  }
  return { verdict: combine(rules), policyDigest: policyDigest(document), inputs, rules };
}

function gatherEvidence(names: readonly string[], evidence: Record<string, unknown>) {
  const context: CelContext = {};
  const problems: RuleResult[] = [];
  for (const name of names) {
    const value = Object.hasOwn(evidence, name) ? evidence[name] : undefined;
    const problem = (outcome: RuleOutcome, message: string) =>
      problems.push({
        id: `evidence-${name}`,
        title: `Evidence “${name}” is present`,
        outcome,
        message,
        values: {},
      });
    if (value === undefined || value === null) {
      problem("fail", `There is no ${name} evidence for this version.`);
      continue;
    }
    const parsed = isKnownEvidence(name) ? EVIDENCE_SCHEMAS[name].safeParse(value) : undefined;
    if (parsed?.success === false) {
      const [issue] = parsed.error.issues;
      problem(
        "error",
        `The ${name} evidence is malformed at ${issue?.path.join(".") || "its top"}: ${issue?.message}`,
      );
    } else {
      context[name] = parsed?.success ? parsed.data : value;
    }
  }
  return { context, problems };
}

async function judgeRule(rule: PolicyRule, context: CelContext, evaluate: Evaluate): Promise<RuleResult> {
  const values: Record<string, string> = {};
  const result = (outcome: RuleOutcome, message: string): RuleResult => ({
    id: rule.id,
    title: rule.title,
    outcome,
    message,
    values,
  });
  if (rule.when !== undefined) {
    const applies = await evaluate(rule.when, context);
    if (!isBoolean(applies)) return result("error", describe("when", applies));
    if (!isTrue(applies)) return result("skipped", "Does not apply here.");
  }
  for (const [name, expression] of Object.entries(rule.values))
    values[name] = asText(await evaluate(expression, context));
  if (rule.indeterminateWhen !== undefined) {
    const unclear = await evaluate(rule.indeterminateWhen, context);
    if (!isBoolean(unclear)) return result("error", describe("indeterminateWhen", unclear));
    if (isTrue(unclear)) return result("indeterminate", fill(rule.message, values));
  }
  const passed = await evaluate(rule.expression, context);
  if (!isBoolean(passed)) return result("error", describe("expression", passed));
  return isTrue(passed) ? result("pass", rule.title) : result("fail", fill(rule.message, values));
}

/** A known failure outweighs an error, an error outweighs doubt, and a policy that applied no rule proved nothing. */
function combine(rules: readonly RuleResult[]): PolicyVerdict {
  const has = (outcome: RuleOutcome) => rules.some((rule) => rule.outcome === outcome);
  if (has("fail")) return "fail";
  if (has("error")) return "error";
  if (has("indeterminate") || !has("pass")) return "indeterminate";
  return "pass";
}

const isBoolean = (outcome: CelOutcome): boolean =>
  outcome.kind === "value" && typeof outcome.value === "boolean";

const describe = (part: string, outcome: CelOutcome): string =>
  outcome.kind === "error"
    ? `The rule's ${part} could not be evaluated: ${outcome.message}`
    : `The rule's ${part} must be true or false, but is ${firstCharacters(JSON.stringify(outcome.value), 80)}.`;

function asText(outcome: CelOutcome): string {
  if (outcome.kind === "error") return "unavailable";
  return typeof outcome.value === "string" ? outcome.value : JSON.stringify(outcome.value);
}

const fill = (message: string, values: Record<string, string>): string =>
  message.replaceAll(/\{([a-z][a-zA-Z0-9]*)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  );
