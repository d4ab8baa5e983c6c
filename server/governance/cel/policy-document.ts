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

/** What becomes of a version that serves, or is on its way, when the policy in force no longer passes it. */
export const ON_FALL_OUT = ["block-new", "hold", "stop"] as const;
export type OnFallOut = (typeof ON_FALL_OUT)[number];

export const DEFAULT_GRACE = "7d";
export const DEFAULT_ON_FALL_OUT: OnFallOut = "hold";

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_GRACE_MS = 365 * 86_400_000;

/** Milliseconds of `0`, `30m`, `12h` or `7d`; undefined for anything else. */
export function graceMs(text: string): number | undefined {
  if (text === "0") return 0;
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  return ms <= MAX_GRACE_MS ? ms : undefined;
}

const GRACE_WORDS = "must be 0, or minutes, hours or days such as 30m, 12h or 7d, up to 365d";
const Grace = z.preprocess(
  // YAML reads a bare 0 as a number.
  (value) => (value === 0 ? "0" : value),
  z.string(GRACE_WORDS).refine((text) => graceMs(text) !== undefined, { message: GRACE_WORDS }),
);

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
      /** How long verdicts of the version before still count when this one comes into force: `0`, `30m`, `12h`, `7d` (the default). */
      grace: Grace.optional(),
      /**
       * For what serves when this policy no longer passes it. `block-new`: it serves on, rollouts go on, new deployments are refused.
       * `hold` (the default): a canary also stays where it is and nothing is promoted. `stop`: it serves no more.
       */
      onFallOut: z.enum(ON_FALL_OUT, { error: `must be ${ON_FALL_OUT.join(", ")}` }).optional(),
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

export interface Enforcement {
  grace: string;
  graceMs: number;
  onFallOut: OnFallOut;
}

/** How a policy treats what an earlier version of it passed. What the document leaves out is not part of its digest. */
export function enforcementOf({ spec }: PolicyDocument): Enforcement {
  const grace = spec.grace ?? DEFAULT_GRACE;
  return { grace, graceMs: graceMs(grace) ?? 0, onFallOut: spec.onFallOut ?? DEFAULT_ON_FALL_OUT };
}

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
