import { and, eq, isNull } from "drizzle-orm";
import { policies } from "@/db/schema";
import { systemActor } from "@/server/core/actor";
import { conflict, invalidField, notFound } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { loadBuiltInPolicies, parsePolicyDocument, policyDigest } from "../cel";
import { SavePolicyInput } from "../schemas";
import { lockPolicies, storePolicy } from "./sync-policies";

/**
 * Puts another document of a policy in force for the whole installation. What is deployed or awaiting is judged again by it; verdicts of
 * the version before count until its grace ends. An earlier document comes back as the version that it was.
 */
export const savePolicy = mutation(
  {
    name: "governance.policy.save",
    permission: "governance.policy.write",
    input: SavePolicyInput,
    summary: "Put another version of a policy in force",
  },
  async ({ ctx, input }) => {
    const document = parsePolicyDocument(input.source);
    if (document.metadata.key !== input.key)
      throw invalidField("source", `must keep the key ${input.key}; it names ${document.metadata.key}`);
    await lockPolicies(ctx);
    const [current] = await ctx.db
      .select()
      .from(policies)
      .where(and(eq(policies.key, input.key), isNull(policies.retiredAt)));
    if (!current) throw notFound("policy", input.key);
    if (current.digest !== input.expectedDigest)
      throw conflict(
        `Version ${current.version} of this policy came into force since you began.`,
        "Look at it and save again; your text is kept.",
        { version: current.version, digest: current.digest },
      );
    const release = (await loadBuiltInPolicies()).find((each) => each.key === input.key);
    const stored = await storePolicy(ctx, {
      key: input.key,
      source: input.source,
      document,
      reason: input.reason,
      // Whoever goes back to the release's own document follows the releases again.
      by:
        release && policyDigest(release.document) === policyDigest(document)
          ? systemActor("").userId
          : ctx.actor.userId,
    });
    if (!stored)
      throw conflict(
        "This document is in force already.",
        "Change a rule, the grace or what happens to what falls out; layout and comments do not count.",
      );
    return stored;
  },
);
