import { lineageEdges, runInputs, runModelInputs, runOutputs } from "@/db/schema";
import { datasetIdOfDigest } from "./dataset-link";
import { mutation } from "@/server/core/verb";
import { notifyLive } from "@/server/core/live";
import { loadWritableRun, requireLoggedModels } from "./load";
import { LogInputsInput, LogOutputsInput } from "./schemas";
import { runTopic } from "./kinds";

const REASON = "none: part of the run's record; the run's creation and end are audited" as const;

/** Which data and models a run read; a digest that is one of our dataset versions becomes an edge of the lineage graph. */
export const logInputs = mutation(
  {
    name: "experiments.run.log-inputs",
    permission: "experiments.run.write",
    input: LogInputsInput,
    summary: "Log the datasets and models that a run read",
    audit: REASON,
  },
  async ({ ctx, input }) => {
    const run = await loadWritableRun(ctx, input.runId);
    for (const { dataset, tags } of input.datasets) {
      const datasetVersionId = await datasetIdOfDigest(ctx, dataset.digest, dataset.name);
      await ctx.db
        .insert(runInputs)
        .values({
          runId: run.id,
          name: dataset.name,
          digest: dataset.digest,
          sourceType: dataset.source_type,
          source: dataset.source,
          schema: dataset.schema ?? null,
          profile: dataset.profile ?? null,
          tags: Object.fromEntries(tags.map((tag) => [tag.key, tag.value])),
          datasetVersionId,
        })
        .onConflictDoNothing();
      if (datasetVersionId) {
        await ctx.db
          .insert(lineageEdges)
          .values({
            teamId: run.teamId,
            fromKind: "dataset_version",
            fromId: datasetVersionId,
            toKind: "run",
            toId: run.id,
            relation: "read",
          })
          .onConflictDoNothing();
      }
    }
    const models = input.models.map((model) => ({ runId: run.id, modelId: model.model_id }));
    await requireLoggedModels(
      ctx,
      models.map(({ modelId }) => modelId),
    );
    if (models.length > 0) await ctx.db.insert(runModelInputs).values(models).onConflictDoNothing();
    await notifyLive(ctx.db, run.teamId, runTopic(run.id));
    return {};
  },
);

/** Which models a run made. */
export const logOutputs = mutation(
  {
    name: "experiments.run.log-outputs",
    permission: "experiments.run.write",
    input: LogOutputsInput,
    summary: "Log a run's models",
    audit: REASON,
  },
  async ({ ctx, input }) => {
    const run = await loadWritableRun(ctx, input.runId);
    const models = input.models.map(({ model_id: modelId, step }) => ({ runId: run.id, modelId, step }));
    await requireLoggedModels(
      ctx,
      models.map(({ modelId }) => modelId),
    );
    if (models.length > 0) await ctx.db.insert(runOutputs).values(models).onConflictDoNothing();
    await notifyLive(ctx.db, run.teamId, runTopic(run.id));
    return {};
  },
);
