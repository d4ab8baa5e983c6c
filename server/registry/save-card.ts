import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { modelCardRevisions, modelCards, modelVersions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict, invalidField } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { CARD_FIELDS, diffCards } from "./card/rules";
import type { EvidenceLinks } from "./card/schemas";
import { evidenceChanged } from "./save-contract";
import { cardDigest, cardOf, evidenceDigestsOf } from "./evidence";
import type { Card } from "./evidence";
import { loadVersion } from "./load";
import { SaveCardInput } from "./schemas";
import { cardView } from "./card-parts";

type Input = z.output<typeof SaveCardInput>;

/** Links after a save: asked-for ones at today's digest; a rewritten field is about today's evidence; the rest stay as they were. */
function linksAfter(
  input: Input,
  before: Card | null,
  current: ReturnType<typeof evidenceDigestsOf>,
): EvidenceLinks {
  const links: EvidenceLinks = {};
  for (const { key } of CARD_FIELDS) {
    const asked = input.links[key];
    const old = before?.links[key];
    if (asked === null) continue;
    const kind = asked ?? old?.kind;
    if (!kind) continue;
    const rewritten = (input.fields[key] ?? "") !== (before?.fields[key] ?? "");
    const digest = asked !== undefined || rewritten ? current[kind] : old?.digest;
    if (digest === undefined) {
      if (asked !== undefined)
        throw invalidField(
          `links.${key}`,
          `there is no ${kind} evidence to link to`,
          "Link it when the gates have run.",
        );
      continue;
    }
    links[key] = { kind: kind, digest };
  }
  return links;
}

const textOf = (input: Input) => ({
  fields: Object.fromEntries(Object.entries(input.fields).filter(([, text]) => text.trim() !== "")),
  markdown: input.markdown,
});

/** Saves the next revision of a card. Reviews bound to the old one become void, and the gates run again. */
export const saveCard = mutation(
  {
    name: "registry.card.save",
    permission: "registry.card.write",
    input: SaveCardInput,
    summary: "Save the model card of a version",
  },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.name, input.version);
    await ctx.db
      .select({ id: modelVersions.id })
      .from(modelVersions)
      .where(eq(modelVersions.id, version.id))
      .for("update");
    const before = await cardOf(ctx, version.id);
    if (input.expectedRevision !== (before?.revision ?? 0))
      throw conflict("Someone else saved the card meanwhile.", "Reload it and make your change again.", {
        currentRevision: before?.revision ?? 0,
      });
    const links = linksAfter(input, before, evidenceDigestsOf(version));
    const text = textOf(input);
    const digest = cardDigest({ ...text, links });
    if (digest === before?.digest)
      throw conflict("Nothing in the card changed.", "Change a field before you save it.");
    const row = {
      versionId: version.id,
      revision: (before?.revision ?? 0) + 1,
      ...text,
      digest,
      updatedBy: ctx.actor.userId,
    };
    const { versionId: _, ...set } = { ...row, evidence: links, updatedAt: ctx.now() };
    await ctx.db
      .insert(modelCards)
      .values({ versionId: version.id, ...set })
      .onConflictDoUpdate({ target: modelCards.versionId, set });
    await ctx.db.insert(modelCardRevisions).values({ ...row, createdAt: ctx.now() });
    await ctx.db
      .update(modelVersions)
      .set({ lastEditedBy: ctx.actor.userId, updatedAt: ctx.now() })
      .where(and(eq(modelVersions.id, version.id), eq(modelVersions.teamId, ctx.actor.teamId)));
    await evidenceChanged(ctx, version, "model card edited");
    const changes = diffCards(before, text);
    await audit(ctx, {
      action: "registry.card.save",
      subject: { kind: "model_version", id: version.id, label: `${version.modelName} v${version.number}` },
      before: {
        revision: before?.revision ?? 0,
        ...Object.fromEntries(changes.map((each) => [each.field, each.before])),
      },
      after: {
        revision: row.revision,
        ...Object.fromEntries(changes.map((each) => [each.field, each.after])),
      },
    });
    return cardView(ctx, await loadVersion(ctx, input.name, input.version));
  },
);
