import { z } from "zod";
import { parseInput } from "@/server/core/verb";
import * as experiments from "@/server/experiments";
import { artifactRootOfModel } from "@/server/experiments";
import { loggedModelMessage } from "./messages";
import { folderIn, given, idOrUnset, listed, pairs, type Endpoint } from "./wire";

const Pair = z
  .object({ dataset_name: z.string(), dataset_digest: z.string().nullish() })
  .transform((each) => ({ name: each.dataset_name, digest: each.dataset_digest }));
const Order = z
  .object({
    field_name: z.string(),
    ascending: z.boolean().nullish(),
    dataset_name: z.string().nullish(),
    dataset_digest: z.string().nullish(),
  })
  .transform((each) => ({
    field: each.field_name,
    ascending: each.ascending ?? true,
    datasetName: each.dataset_name,
    datasetDigest: each.dataset_digest,
  }));

const model = (row: Parameters<typeof loggedModelMessage>[0]) => ({ model: loggedModelMessage(row) });

export const loggedModelEndpoints: Endpoint[] = [
  {
    method: "POST",
    path: "/logged-models/search",
    required: ["experiment_ids"],
    run: async (caller, p) => {
      const page = await experiments.searchLoggedModels.execute(caller, {
        experimentIds: listed(p.experiment_ids).map(idOrUnset),
        filter: given(p.filter),
        datasets: listed(p.datasets).map((each) => parseInput(Pair, each)),
        orderBy: listed(p.order_by).map((each) => parseInput(Order, each)),
        maxResults: given(p.max_results),
        pageToken: given(p.page_token),
      });
      return { models: page.items.map(loggedModelMessage), next_page_token: page.nextCursor };
    },
  },
  {
    method: "POST",
    path: "/logged-models",
    required: ["experiment_id"],
    run: async (caller, p) =>
      model(
        await experiments.createLoggedModel.execute(caller, {
          experimentId: idOrUnset(p.experiment_id),
          name: p.name,
          modelType: p.model_type,
          sourceRunId: given(p.source_run_id),
          params: pairs(p.params),
          tags: pairs(p.tags),
        }),
      ),
  },
  {
    method: "PATCH",
    path: "/logged-models/:model_id",
    required: ["status"],
    run: async (caller, p) =>
      model(await experiments.finalizeLoggedModel.execute(caller, { modelId: p.model_id, status: p.status })),
  },
  {
    method: "GET",
    path: "/logged-models/:model_id",
    run: async (caller, p) =>
      model(await experiments.getLoggedModel.execute(caller, { modelId: p.model_id })),
  },
  {
    method: "DELETE",
    path: "/logged-models/:model_id",
    run: (caller, p) => experiments.deleteLoggedModel.execute(caller, { modelId: p.model_id }),
  },
  {
    method: "PATCH",
    path: "/logged-models/:model_id/tags",
    run: async (caller, p) =>
      model(
        await experiments.setLoggedModelTags.execute(caller, { modelId: p.model_id, pairs: pairs(p.tags) }),
      ),
  },
  {
    method: "DELETE",
    path: "/logged-models/:model_id/tags/:tag_key",
    run: (caller, p) =>
      experiments.deleteLoggedModelTag.execute(caller, { modelId: p.model_id, key: p.tag_key }),
  },
  {
    method: "POST",
    path: "/logged-models/:model_id/params",
    run: async (caller, p) =>
      model(
        await experiments.setLoggedModelParams.execute(caller, {
          modelId: p.model_id,
          pairs: pairs(p.params),
        }),
      ),
  },
  {
    method: "GET",
    path: "/logged-models/:model_id/artifacts/directories",
    run: async (caller, p) => {
      const row = await experiments.getLoggedModel.execute(caller, { modelId: p.model_id });
      const root = artifactRootOfModel(row);
      const files = await experiments.listArtifacts.execute(caller, {
        path: folderIn(root, given(p.artifact_directory_path)),
      });
      return {
        root_uri: `mlflow-artifacts:/${root}`,
        files: files.map((file) => ({ path: file.path, is_dir: file.isDir, file_size: file.sizeBytes })),
      };
    },
  },
];
