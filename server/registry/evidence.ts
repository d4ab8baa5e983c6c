import { eq } from "drizzle-orm";
import { z } from "zod";
import { modelCards } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import type { EvidenceKind } from "./card/rules";
import { EvidenceLinks } from "./card/schemas";
import type { ModelVersion } from "./load";
import { boundDigests } from "./rules";

const Datasets = z.looseObject({ datasets: z.array(z.unknown()) });

/** Digests of what a card's fields can be linked to, as they are now; a kind without evidence is absent. */
export function evidenceDigestsOf(
  version: Pick<ModelVersion, "evidence" | "contractDigest" | "manifestDigest">,
): Partial<Record<EvidenceKind, string>> {
  const { evaluation, fairness, provenance } = version.evidence;
  const datasets = Datasets.safeParse(provenance);
  return {
    ...(evaluation === undefined ? {} : { evaluation: digestOf(evaluation) }),
    ...(fairness === undefined ? {} : { fairness: digestOf(fairness) }),
    ...(datasets.success && datasets.data.datasets.length > 0
      ? { datasets: digestOf(datasets.data.datasets) }
      : {}),
    ...(version.contractDigest ? { contract: version.contractDigest } : {}),
    ...(version.manifestDigest ? { files: version.manifestDigest } : {}),
  };
}

export interface Card {
  revision: number;
  fields: Record<string, string>;
  markdown: string;
  links: EvidenceLinks;
  digest: string;
  updatedBy: string;
  updatedAt: Date;
}

/** Identity of a card: its text and what each field was written against. */
export const cardDigest = (card: Pick<Card, "fields" | "markdown" | "links">): string =>
  digestOf({ fields: card.fields, markdown: card.markdown, links: card.links });

/** The card of a version, which the caller has loaded within their team. */
export async function cardOf(ctx: Ctx, versionId: string): Promise<Card | null> {
  const [row] = await ctx.db.select().from(modelCards).where(eq(modelCards.versionId, versionId));
  if (!row) return null;
  const { revision, fields, markdown, digest, updatedBy, updatedAt } = row;
  const links = EvidenceLinks.catch({}).parse(row.evidence);
  return { revision, fields, markdown, links, digest, updatedBy, updatedAt };
}

/** What an approval of a version is bound to, as it is now. */
export async function boundDigestsOf(ctx: Ctx, version: ModelVersion): Promise<Record<string, string>> {
  const card = await cardOf(ctx, version.id);
  return boundDigests({ ...version, cardDigest: card?.digest ?? null });
}
