import fs from "node:fs/promises";
import { parsePolicyDocument } from "./policy-document";
import type { PolicyDocument } from "./policy-document";

export const BUILT_IN_POLICY_KEYS = [
  "contract",
  "provenance",
  "card-completeness",
  "file-scan",
  "evaluation",
  "fairness",
] as const;
export type BuiltInPolicyKey = (typeof BUILT_IN_POLICY_KEYS)[number];

/** The policies that every installation starts with, from `server/governance/policies`. */
export async function loadBuiltInPolicies(): Promise<
  { key: BuiltInPolicyKey; text: string; document: PolicyDocument }[]
> {
  return Promise.all(
    BUILT_IN_POLICY_KEYS.map(async (key) => {
      const text = await fs.readFile(new URL(`../policies/${key}.yaml`, import.meta.url), "utf8");
      return { key, text, document: parsePolicyDocument(text) };
    }),
  );
}
