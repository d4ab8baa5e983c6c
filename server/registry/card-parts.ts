import type { Ctx } from "@/server/core/context";
import { completenessPercent, missingFields, staleFields } from "./card/rules";
import { cardOf, evidenceDigestsOf } from "./evidence";
import type { ModelVersion } from "./load";

export const READ = "registry.model.read" as const;

/** A card as a page or a script reads it, with what is missing and what is out of date. */
export async function cardView(ctx: Ctx, version: ModelVersion) {
  const card = await cardOf(ctx, version.id);
  const current = evidenceDigestsOf(version);
  const fields = card?.fields ?? {};
  return {
    revision: card?.revision ?? 0,
    digest: card?.digest ?? null,
    fields,
    markdown: card?.markdown ?? "",
    links: card?.links ?? {},
    currentEvidence: current,
    completenessPercent: completenessPercent(fields),
    missingFields: missingFields(fields),
    staleFields: staleFields(fields, card?.links ?? {}, current),
    updatedBy: card?.updatedBy ?? null,
    updatedAt: card?.updatedAt ?? null,
  };
}
