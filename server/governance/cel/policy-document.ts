import { parse } from "yaml";
import { z } from "zod";
import { digestOf } from "../../core/digest";
import { invalid } from "../../core/errors";

const Name = z.string().regex(/^[a-z][a-zA-Z0-9]{0,39}$/, "a lower-case camelCase name");
const Key = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "a lower-case key with hyphens");
const Expression = z.string().trim().min(1).max(4_000);

export const PolicyRule = z.strictObject({
  id: Key,
  title: z.string().min(1).max(200),
  /** Evaluated first; only `true` applies the rule, `false` skips it, anything else is an error. */
  when: Expression.optional(),
  /** Evaluated next; `true` hands the rule to people instead of deciding it. */
  indeterminateWhen: Expression.optional(),
  /** Passes on exactly `true`. */
  expression: Expression,
  /** Shown when the rule does not pass; `{name}` is replaced by the value of that name. */
  message: z.string().min(1).max(500),
  /** Figures recorded with the outcome, each a CEL expression. */
  values: z.record(Name, Expression).default({}),
});

export const PolicyDocument = z
  .strictObject({
    apiVersion: z.literal("modelworks.dev/v1"),
    kind: z.literal("GatePolicy"),
    metadata: z.strictObject({ key: Key, version: z.int().min(1), title: z.string().min(1).max(200) }),
    spec: z.strictObject({
      /** Predicate type of the attestation that an evaluation emits. */
      predicate: z.url(),
      /** Names of the evidence that must be present; also the variables of the expressions. */
      evidence: z.array(Name).min(1).max(16),
      rules: z.array(PolicyRule).min(1).max(100),
      onIndeterminate: z.literal("review"),
    }),
  })
  .superRefine(({ spec }, ctx) => {
    const ids = spec.rules.map((rule) => rule.id);
    if (new Set(ids).size !== ids.length)
      ctx.addIssue({ code: "custom", message: "rule ids must be unique", path: ["spec", "rules"] });
    if (new Set(spec.evidence).size !== spec.evidence.length) {
      ctx.addIssue({ code: "custom", message: "evidence names must be unique", path: ["spec", "evidence"] });
    }
  });
export type PolicyDocument = z.infer<typeof PolicyDocument>;
export type PolicyRule = z.infer<typeof PolicyRule>;

/** Parses a policy written as YAML or JSON. @throws AppError `invalid`, naming the field. */
export function parsePolicyDocument(text: string): PolicyDocument {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0, uniqueKeys: true });
  } catch (error) {
    throw invalid(
      `The policy is not YAML or JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const result = PolicyDocument.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(
    `The policy is malformed at ${issue?.path.join(".") || "its top"}: ${issue?.message}`,
    "Correct the field and save again.",
  );
}

/** `sha256:<hex>` over the canonical JSON of the parsed document: layout, comments and key order do not matter. */
export const policyDigest = (document: PolicyDocument): string => digestOf(document);
