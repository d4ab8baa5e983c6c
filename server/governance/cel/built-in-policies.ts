import fs from "node:fs/promises";
import path from "node:path";
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

/** By the checkout, which every process starts in: a bundle of the portal knows no place of its own beside them. */
const FOLDER = path.join(process.cwd(), "server", "governance", "policies");

/** The policies that every installation starts with, from `server/governance/policies`. */
export async function loadBuiltInPolicies(): Promise<
  { key: BuiltInPolicyKey; text: string; document: PolicyDocument }[]
> {
  return Promise.all(
    BUILT_IN_POLICY_KEYS.map(async (key) => {
      const text = await fs.readFile(path.join(FOLDER, `${key}.yaml`), "utf8");
      return { key, text, document: parsePolicyDocument(text) };
    }),
  );
}
