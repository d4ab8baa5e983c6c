import { and, desc, eq } from "drizzle-orm";
import { z } from "zod";
import { modelCardRevisions, modelCards, modelVersions } from "@/db/schema";
import { people } from "@/server/identity";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, invalidField, notFound } from "@/server/core/errors";
import { mutation, query } from "@/server/core/verb";
import {
  CARD_FIELDS,
  completenessPercent,
  diffCards,
  missingFields,
  staleFields,
  toHuggingFace,
} from "./card/rules";
import type { EvidenceLinks } from "./card/schemas";
import { evidenceChanged } from "./contract-verbs";
import { cardDigest, cardOf, evidenceDigestsOf, type Card } from "./evidence";
import { loadVersion, type ModelVersion } from "./load";
import { MLMODEL } from "./rules";
import { ExportCardInput, SaveCardInput, VersionInput } from "./schemas";

const READ = "registry.model.read" as const;

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

export const getCard = query(
  { name: "registry.card.get", permission: READ, input: VersionInput, summary: "Model card of a version" },
  async ({ ctx, input }) => cardView(ctx, await loadVersion(ctx, input.name, input.version)),
);

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

/** All revisions, newest first, each with what it changed. */
export const cardRevisions = query(
  {
    name: "registry.card.revisions",
    permission: READ,
    input: VersionInput,
    summary: "Revisions of a model card with their differences",
  },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.name, input.version);
    const rows = await ctx.db
      .select({ row: modelCardRevisions, author: people.name })
      .from(modelCardRevisions)
      .leftJoin(people, eq(people.id, modelCardRevisions.updatedBy))
      .where(eq(modelCardRevisions.versionId, version.id))
      .orderBy(desc(modelCardRevisions.revision))
      .limit(201);
    return {
      items: rows.slice(0, 200).map(({ row, author }, at) => ({
        revision: row.revision,
        digest: row.digest,
        updatedBy: author ?? row.updatedBy,
        createdAt: row.createdAt,
        changes: diffCards(rows[at + 1]?.row ?? null, row),
      })),
    };
  },
);

const Exported = z.looseObject({
  provenance: z
    .looseObject({ datasets: z.array(z.looseObject({ name: z.string(), version: z.number() })) })
    .optional()
    .catch(undefined),
  evaluation: z
    .looseObject({ metrics: z.array(z.looseObject({ name: z.string(), value: z.number().nullable() })) })
    .optional()
    .catch(undefined),
});

/** A card as Hugging Face Markdown or as JSON. @throws AppError `not_found` while there is no card. */
export const exportCard = query(
  {
    name: "registry.card.export",
    permission: READ,
    input: ExportCardInput,
    summary: "Model card as Hugging Face Markdown or JSON",
  },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.name, input.version);
    const card = await cardOf(ctx, version.id);
    if (!card) throw notFound("model card", `${version.modelName} ${version.number}`);
    const { provenance, evaluation } = Exported.parse(version.evidence);
    const datasets = (provenance?.datasets ?? []).map((each) => each.name);
    const fileName = `${version.modelName}-${version.number}-card`;
    if (input.format === "json") {
      const { fields, markdown, links, digest, revision } = card;
      const content = {
        model: version.modelName,
        version: version.number,
        manifestDigest: version.manifestDigest,
        revision,
        digest,
        fields,
        markdown,
        evidence: links,
      };
      return {
        fileName: `${fileName}.json`,
        mediaType: "application/json",
        text: `${JSON.stringify(content, null, 2)}\n`,
      };
    }
    const text = toHuggingFace({
      modelName: version.modelName,
      versionNumber: version.number,
      card,
      library: version.weightsPath && version.weightsPath !== MLMODEL ? "onnx" : "mlflow",
      datasets,
      metrics: (evaluation?.metrics ?? []).flatMap((metric) =>
        metric.value === null
          ? []
          : [{ name: metric.name, value: metric.value, dataset: datasets[0] ?? "evaluation" }],
      ),
    });
    return { fileName: `${fileName}.md`, mediaType: "text/markdown", text };
  },
);
