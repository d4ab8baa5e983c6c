import { z } from "zod";
import { notFound } from "@/server/core/errors";
import { query } from "@/server/core/verb";
import { toHuggingFace } from "./card/rules";
import { cardOf } from "./evidence";
import { loadVersion } from "./load";
import { MLMODEL } from "./rules";
import { ExportCardInput } from "./schemas";
import { READ } from "./card-parts";

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
