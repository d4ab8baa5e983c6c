import { and, eq, isNull } from "drizzle-orm";
import { modelCardRevisions, modelCards, modelVersions } from "@/db/schema";
import type { ObjectStore } from "@/server/adapters/object-store";
import { firstCharacters } from "@/server/core/characters";
import type { Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { inTransaction } from "@/server/core/verb";
import { CARD_FIELDS } from "../card/rules";
import { defaultLinks } from "../card/rules";
import { compareContract, readContract, signatureSource } from "../contract/rules";
import { Signature } from "../contract/schemas";
import { cardDigest, cardOf, evidenceDigestsOf } from "../evidence";
import type { ModelVersion } from "../load";
import { CorruptDocument, findDocument } from "./read-documents";
import { Unusable } from "./seal-files";
import type { Sources, StoredFile } from "./sources";

async function documentOf(
  store: ObjectStore,
  name: "contract" | "card",
  files: readonly StoredFile[],
  sources: Sources,
) {
  try {
    return await findDocument(store, name, files, sources.runFiles);
  } catch (error) {
    if (error instanceof CorruptDocument)
      throw new Unusable(`${error.message} Correct the file, then log and register the model again.`);
    throw error;
  }
}

/** Takes the drafted contract if the version has none, and compares the contract with the model file. @throws Unusable */
export async function draftContract(
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion,
  files: readonly StoredFile[],
  sources: Sources,
): Promise<void> {
  const found = version.contractDigest ? undefined : await documentOf(store, "contract", files, sources);
  const read = readContract(version.contractDigest ? version.contract : found?.value);
  const problems =
    read.contract || (found === undefined && !version.contractDigest)
      ? {}
      : Object.fromEntries(Object.entries(read.problems).map(([field, text]) => [field, text]));
  const signature = Signature.safeParse(version.signature);
  const contractCheck = compareContract(
    read.contract,
    signature.success ? signature.data : null,
    problems,
    signatureSource(version),
  );
  await ctx.db.update(modelVersions).set({ contractCheck }).where(eq(modelVersions.id, version.id));
  if (version.contractDigest || !read.contract) return;
  // Someone may have saved a contract meanwhile: theirs holds.
  await ctx.db
    .update(modelVersions)
    .set({ contract: read.contract, contractDigest: digestOf(read.contract), updatedAt: ctx.now() })
    .where(and(eq(modelVersions.id, version.id), isNull(modelVersions.contractDigest)));
}

const FIELD_KEYS = new Set(CARD_FIELDS.map((field) => field.key));

/** A drafted card: known fields as they are; everything else that is text goes to the Markdown part. */
export function cardFromDraft(draft: unknown): { fields: Record<string, string>; markdown: string } {
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  if (draft !== null && typeof draft === "object" && !Array.isArray(draft)) {
    for (const [key, value] of Object.entries(draft)) {
      if (typeof value !== "string" || value.trim() === "") continue;
      const text = firstCharacters(value, 10_000);
      if (FIELD_KEYS.has(key)) fields[key] = text;
      else if (key === "markdown") rest.push(text);
      else rest.push(`### ${key.replaceAll("_", " ")}\n\n${text}`);
    }
  }
  return { fields, markdown: rest.join("\n\n") };
}

/** Makes the version's card from the draft if it has none (an empty one without a draft). @throws Unusable */
export async function draftCard(
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion,
  files: readonly StoredFile[],
  sources: Sources,
): Promise<void> {
  if (await cardOf(ctx, version.id)) return;
  const draft = await documentOf(store, "card", files, sources);
  const text = cardFromDraft(draft?.value);
  const digest = cardDigest({ ...text, links: {} });
  const row = { versionId: version.id, revision: 1, ...text, digest, updatedBy: version.createdBy };
  await inTransaction(ctx, async (tx) => {
    const [made] = await tx.db
      .insert(modelCards)
      .values({ ...row, updatedAt: tx.now() })
      .onConflictDoNothing()
      .returning({ versionId: modelCards.versionId });
    if (made) await tx.db.insert(modelCardRevisions).values({ ...row, createdAt: tx.now() });
  });
}

/** Links the untouched draft to the evidence it was written with; done once, when the evidence is complete. */
export async function linkDraft(ctx: Ctx, version: ModelVersion): Promise<void> {
  const card = await cardOf(ctx, version.id);
  if (!card || card.revision !== 1 || Object.keys(card.links).length > 0) return;
  const links = defaultLinks(card.fields, evidenceDigestsOf(version));
  if (Object.keys(links).length === 0) return;
  await ctx.db
    .update(modelCards)
    .set({ evidence: links, digest: cardDigest({ ...card, links }) })
    .where(
      and(
        eq(modelCards.versionId, version.id),
        eq(modelCards.revision, 1),
        eq(modelCards.digest, card.digest),
      ),
    );
}
