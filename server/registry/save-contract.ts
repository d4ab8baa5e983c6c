import { and, eq, sql } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { conflict, precondition } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { TRIAL, reviewsOfSubject, voidReviews } from "@/server/governance";
import { compareContract, signatureSource } from "./contract/rules";
import { Signature } from "./contract/schemas";
import { boundDigestsOf } from "./evidence";
import { loadVersion, loadVersionById } from "./load";
import type { ModelVersion } from "./load";
import { SaveContractInput } from "./schemas";
import { modelTopic, versionTopic } from "./kinds";
import { contractView } from "./contract-parts";

async function refuseApproved(ctx: Ctx, version: ModelVersion): Promise<void> {
  const rows = await reviewsOfSubject(ctx, { subjectKind: "model_version", subjectId: version.id });
  const approved = rows.find((row) => row.state === "approved" && row.environment !== TRIAL);
  if (approved)
    throw precondition(
      `Version ${version.number} is approved for ${approved.environment} with this contract.`,
      "Register the next version with the new contract.",
    );
}

/** Ends reviews that were bound to other digests and starts the gates again; called after the change, in its transaction. */
export async function evidenceChanged(ctx: Ctx, version: ModelVersion, what: string): Promise<void> {
  await voidReviews(ctx, {
    subjectKind: "model_version",
    subjectId: version.id,
    currentDigests: await boundDigestsOf(ctx, await loadVersionById(ctx, version.id)),
    reason: `${ctx.actor.name}: ${what}.`,
  });
  await emit(ctx, { type: "registry.evidence_changed", payload: { versionId: version.id, what } });
  await notifyLive(ctx.db, ctx.actor.teamId, versionTopic(version.id), modelTopic(version.modelId));
}

/** Declares or replaces a version's contract until people have approved it; the gates then run again. */
export const saveContract = mutation(
  {
    name: "registry.contract.save",
    permission: "registry.card.write",
    input: SaveContractInput,
    summary: "Save the contract of a version",
  },
  async ({ ctx, input }) => {
    const found = await loadVersion(ctx, input.name, input.version);
    await ctx.db.execute(sql`select 1 from model_versions where id = ${found.id} for update`);
    const before = await loadVersionById(ctx, found.id);
    await refuseApproved(ctx, before);
    if (input.expectedDigest !== undefined && input.expectedDigest !== before.contractDigest)
      throw conflict("Someone else saved the contract meanwhile.", "Reload it and make your change again.", {
        currentDigest: before.contractDigest,
      });
    const contractDigest = digestOf(input.contract);
    if (contractDigest === before.contractDigest)
      throw conflict("This is the contract that is saved already.", "Change something before you save it.");
    const signature = Signature.safeParse(before.signature);
    await ctx.db
      .update(modelVersions)
      .set({
        contract: input.contract,
        contractDigest,
        contractCheck: compareContract(
          input.contract,
          signature.success ? signature.data : null,
          {},
          signatureSource(before),
        ),
        lastEditedBy: ctx.actor.userId,
        updatedAt: ctx.now(),
      })
      .where(and(eq(modelVersions.id, before.id), eq(modelVersions.teamId, ctx.actor.teamId)));
    await evidenceChanged(ctx, before, "contract changed");
    await audit(ctx, {
      action: "registry.contract.save",
      subject: { kind: "model_version", id: before.id, label: `${before.modelName} v${before.number}` },
      before: { contract: before.contract, digest: before.contractDigest },
      after: { contract: input.contract, digest: contractDigest },
    });
    return contractView(await loadVersionById(ctx, before.id));
  },
);
