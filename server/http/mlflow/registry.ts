import type { Caller } from "@/server/core/context";
import * as registry from "@/server/registry";
import type { ModelVersion } from "@/server/registry";
import { given, listed, pairs, text, type Endpoint, type Params } from "./wire";

const pairsOf = (map: Record<string, string>) => {
  const items = Object.entries(map).map(([key, value]) => ({ key, value }));
  return items.length > 0 ? items : undefined;
};

const STATUS: Record<string, string> = {
  pending: "PENDING_REGISTRATION",
  ready: "READY",
  failed: "FAILED_REGISTRATION",
};

const versionMessage = (version: ModelVersion) => ({
  name: version.modelName,
  version: String(version.number),
  creation_timestamp: version.createdAt.getTime(),
  last_updated_timestamp: version.updatedAt.getTime(),
  user_id: version.createdBy,
  current_stage: version.stage,
  description: version.description,
  source: version.source,
  run_id: version.runId ?? registry.referenceOf(version)?.runId,
  run_link: registry.referenceOf(version)?.runLink,
  status: STATUS[version.state] ?? "READY",
  status_message: version.stateText || undefined,
  tags: pairsOf(version.tags),
  aliases: version.aliases.length > 0 ? version.aliases : undefined,
  model_id: version.loggedModelId,
});

interface ModelRow {
  name: string;
  description: string;
  tags: Record<string, string>;
  ownerId: string;
  createdAt: Date;
  updatedAt: Date;
}

const modelMessage = (
  row: ModelRow,
  latest: readonly ModelVersion[],
  aliases: readonly { alias: string; number: number }[],
) => ({
  name: row.name,
  creation_timestamp: row.createdAt.getTime(),
  last_updated_timestamp: row.updatedAt.getTime(),
  user_id: row.ownerId,
  description: row.description || undefined,
  tags: pairsOf(row.tags),
  latest_versions: latest.length > 0 ? latest.map(versionMessage) : undefined,
  aliases:
    aliases.length > 0
      ? aliases.map((each) => ({ alias: each.alias, version: String(each.number) }))
      : undefined,
});

async function fullModel(caller: Caller, name: unknown) {
  const model = await registry.modelSummary.execute(caller, { name });
  return { registered_model: modelMessage(model, model.latestVersions, model.aliases) };
}

const searchInput = (p: Params) => ({
  filter: given(p.filter),
  orderBy: listed(p.order_by),
  maxResults: given(p.max_results),
  pageToken: given(p.page_token),
});
const version = (p: Params) => ({ name: p.name, version: p.version });

const latest = async (caller: Caller, p: Params) => ({
  model_versions: (
    await registry.latestVersions.execute(caller, { name: p.name, stages: listed(p.stages) })
  ).map(versionMessage),
});

const modelEndpoints: Endpoint[] = [
  {
    method: "POST",
    path: "/registered-models/create",
    required: ["name"],
    run: async (caller, p) => {
      await registry.createModel.execute(caller, {
        name: p.name,
        description: p.description,
        tags: pairs(p.tags),
      });
      return fullModel(caller, p.name);
    },
  },
  {
    method: "GET",
    path: "/registered-models/get",
    required: ["name"],
    run: (caller, p) => fullModel(caller, p.name),
  },
  {
    method: "POST",
    path: "/registered-models/rename",
    required: ["name", "new_name"],
    run: async (caller, p) => {
      const renamed = await registry.renameModel.execute(caller, { name: p.name, newName: p.new_name });
      return fullModel(caller, renamed.name);
    },
  },
  {
    method: "PATCH",
    path: "/registered-models/update",
    required: ["name"],
    run: async (caller, p) => {
      await registry.updateModel.execute(caller, { name: p.name, description: p.description ?? "" });
      return fullModel(caller, p.name);
    },
  },
  {
    method: "DELETE",
    path: "/registered-models/delete",
    required: ["name"],
    run: (caller, p) => registry.deleteModel.execute(caller, { name: p.name }),
  },
  {
    method: "GET",
    path: "/registered-models/search",
    run: async (caller, p) => {
      const page = await registry.searchModels.execute(caller, searchInput(p));
      return {
        registered_models: page.items.map((row) => modelMessage(row, row.latestVersions, row.aliases)),
        next_page_token: page.nextCursor,
      };
    },
  },
  { method: "POST", path: "/registered-models/get-latest-versions", required: ["name"], run: latest },
  { method: "GET", path: "/registered-models/get-latest-versions", required: ["name"], run: latest },
  {
    method: "POST",
    path: "/registered-models/set-tag",
    required: ["name", "key"],
    run: (caller, p) =>
      registry.setModelTag.execute(caller, { name: p.name, key: p.key, value: text(p, "value") }),
  },
  {
    method: "DELETE",
    path: "/registered-models/delete-tag",
    required: ["name", "key"],
    run: (caller, p) => registry.deleteModelTag.execute(caller, { name: p.name, key: p.key }),
  },
  {
    method: "POST",
    path: "/registered-models/alias",
    required: ["name", "alias", "version"],
    run: (caller, p) =>
      registry.setAlias.execute(caller, { name: p.name, alias: p.alias, version: p.version }),
  },
  {
    method: "DELETE",
    path: "/registered-models/alias",
    required: ["name", "alias"],
    run: (caller, p) => registry.deleteAlias.execute(caller, { name: p.name, alias: p.alias }),
  },
  {
    method: "GET",
    path: "/registered-models/alias",
    required: ["name", "alias"],
    run: async (caller, p) => ({
      model_version: versionMessage(
        await registry.getByAlias.execute(caller, { name: p.name, alias: p.alias }),
      ),
    }),
  },
];

const versionEndpoints: Endpoint[] = [
  {
    method: "POST",
    path: "/model-versions/create",
    required: ["name", "source"],
    run: async (caller, p) => ({
      model_version: versionMessage(
        await registry.createVersion.execute(caller, {
          name: p.name,
          source: p.source,
          runId: given(p.run_id),
          loggedModelId: given(p.model_id),
          runLink: given(p.run_link),
          description: p.description,
          tags: pairs(p.tags),
        }),
      ),
    }),
  },
  {
    method: "GET",
    path: "/model-versions/get",
    required: ["name", "version"],
    run: async (caller, p) => ({
      model_version: versionMessage(await registry.settledVersion(caller, version(p))),
    }),
  },
  {
    method: "PATCH",
    path: "/model-versions/update",
    required: ["name", "version"],
    run: async (caller, p) => ({
      model_version: versionMessage(
        await registry.updateVersion.execute(caller, { ...version(p), description: p.description ?? "" }),
      ),
    }),
  },
  {
    method: "POST",
    path: "/model-versions/transition-stage",
    required: ["name", "version", "stage"],
    run: async (caller, p) => ({
      model_version: versionMessage(
        await registry.transitionStage.execute(caller, {
          ...version(p),
          stage: p.stage,
          archiveExistingVersions:
            p.archive_existing_versions === true || p.archive_existing_versions === "true",
        }),
      ),
    }),
  },
  {
    method: "DELETE",
    path: "/model-versions/delete",
    required: ["name", "version"],
    run: (caller, p) => registry.deleteVersion.execute(caller, version(p)),
  },
  {
    method: "GET",
    path: "/model-versions/search",
    run: async (caller, p) => {
      const page = await registry.searchVersions.execute(caller, searchInput(p));
      return { model_versions: page.items.map(versionMessage), next_page_token: page.nextCursor };
    },
  },
  {
    method: "GET",
    path: "/model-versions/get-download-uri",
    required: ["name", "version"],
    run: async (caller, p) => {
      const found = await registry.getVersion.execute(caller, version(p));
      const elsewhere = registry.referenceOf(found)?.location ?? found.source;
      return { artifact_uri: found.artifactRoot ? `mlflow-artifacts:/${found.artifactRoot}` : elsewhere };
    },
  },
  {
    method: "POST",
    path: "/model-versions/set-tag",
    required: ["name", "version", "key"],
    run: (caller, p) =>
      registry.setVersionTag.execute(caller, { ...version(p), key: p.key, value: text(p, "value") }),
  },
  {
    method: "DELETE",
    path: "/model-versions/delete-tag",
    required: ["name", "version", "key"],
    run: (caller, p) => registry.deleteVersionTag.execute(caller, { ...version(p), key: p.key }),
  },
];

export const registryEndpoints: Endpoint[] = [...modelEndpoints, ...versionEndpoints];
