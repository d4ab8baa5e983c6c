import { and, desc, eq, ilike, inArray, isNull, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import { lineageEdges, modelVersions, registeredModels } from "@/db/schema";
import { talliesOf, tallyInWords } from "@/server/governance";
import { people } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { notFound } from "@/server/core/errors";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { namesOfNeighbours } from "@/server/datasets";
import { cardView } from "./card-parts";
import { diffVersions, lastApproved } from "./compare";
import { contractView } from "./contract-parts";
import { reportedDigest } from "@/server/adapters/external-endpoint/far-model";
import { EndpointFile } from "@/server/adapters/external-endpoint/schemas";
import { runOf } from "@/server/experiments";
import { StoredTrial } from "./qualify/trial-schemas";
import { evidenceViews } from "./evidence-views";
import { deploymentsOfModel, servingIfKnown } from "./hooks";
import { loadModel, loadVersion, shownState, versionsOf, type ModelVersion, visible } from "./load";
import { aliasesOfModels, newestVersions } from "./newest";
import { protectionOf } from "./protection";
import { gatesOf, hrefOf, requirementsOf } from "./requirements";
import { sealedFiles } from "./qualify/seal-files";
import { FileInput, ListModelsInput, ModelNameInput, RunOfVersionInput, VersionInput } from "./schemas";
import { servedBy } from "./served-by";
import { datasetVersionHref } from "@/server/datasets/kinds";
import { runHref } from "@/server/experiments/kinds";

const READ = "registry.model.read" as const;

async function namesOf(ctx: Ctx, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await ctx.db
    .select({ id: people.id, name: people.name })
    .from(people)
    .where(inArray(people.id, [...new Set(ids)]));
  return new Map(rows.map((row) => [row.id, row.name]));
}

const summaryOf = (version: ModelVersion, names: Map<string, string>, tallies: Map<string, string>) => ({
  id: version.id,
  number: version.number,
  state: shownState(version),
  stateText: version.stateText,
  gatesOutcome: version.gatesOutcome,
  /** "3 undecided, accepted by Robin"; null before the gates ran. */
  gatesInWords: tallies.get(version.id) ?? null,
  aliases: version.aliases,
  createdAt: version.createdAt,
  createdBy: names.get(version.createdBy) ?? version.createdBy,
  runId: version.runId,
});

const ListCursor = z.tuple([z.string(), z.string()]);

/** The team's models with their newest version, by last change or by name. */
export const listModels = query(
  {
    name: "registry.model.list",
    permission: READ,
    input: ListModelsInput,
    summary: "Registered models, newest first",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, ListCursor);
    const byName = input.sort === "name";
    const key = byName ? registeredModels.name : registeredModels.updatedAt;
    const last = after && (byName ? sql`${after[0]}` : sql`${after[0]}::timestamptz`);
    const rows = await ctx.db
      .select({
        model: registeredModels,
        owner: people.name,
        at: sql<string>`${registeredModels.updatedAt}::text`,
      })
      .from(registeredModels)
      .leftJoin(people, eq(people.id, registeredModels.ownerId))
      .where(
        and(
          eq(registeredModels.teamId, ctx.actor.teamId),
          isNull(registeredModels.archivedAt),
          sql`coalesce(${registeredModels.tags} ->> 'mlflow.prompt.is_prompt', 'false') <> 'true'`,
          input.q ? ilike(registeredModels.name, `%${input.q.replace(/[\\%_]/g, "\\$&")}%`) : undefined,
          after && last
            ? byName
              ? sql`(${key}, ${registeredModels.id}) > (${last}, ${after[1]})`
              : or(sql`${key} < ${last}`, and(sql`${key} = ${last}`, lt(registeredModels.id, after[1])))
            : undefined,
        ),
      )
      .orderBy(
        byName ? sql`${key} asc, ${registeredModels.id} asc` : sql`${key} desc, ${registeredModels.id} desc`,
      )
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, (row) => [byName ? row.model.name : row.at, row.model.id]);
    const ids = page.items.map((row) => row.model.id);
    const newest = await newestVersions(ctx, ids);
    const aliases = await aliasesOfModels(ctx, ids);
    return {
      nextCursor: page.nextCursor,
      items: page.items.map(({ model, owner }) => {
        const found = newest.get(model.id);
        const own = aliases.get(model.id) ?? [];
        return {
          id: model.id,
          name: model.name,
          description: model.description,
          owner: owner ?? model.ownerId,
          updatedAt: model.updatedAt,
          versionCount: found?.count ?? 0,
          latestVersion: found
            ? {
                ...found.version,
                gatesInWords: tallyInWords(found.tally),
                aliases: own.flatMap(({ alias, number }) => (number === found.version.number ? [alias] : [])),
              }
            : null,
          aliases: own.map(({ alias, number }) => ({ alias, number })),
        };
      }),
    };
  },
);

/** The page of the source run; its experiment is the first part of every artifact folder. */
async function runHrefOf(ctx: Ctx, version: ModelVersion): Promise<string | null> {
  const { runId, artifactRoot, endpoint } = version;
  if (runId === null) return null;
  const experimentId =
    endpoint === null ? /^(\d+)\//.exec(artifactRoot ?? "")?.[1] : (await runOf(ctx, runId)).experimentId;
  return experimentId === undefined ? null : runHref(experimentId, runId);
}

/** Where a model that runs elsewhere is, and what it said of itself; null for every other. */
function endpointView(version: ModelVersion) {
  const file = EndpointFile.safeParse(version.endpoint);
  if (!file.success) return null;
  const trial = StoredTrial.safeParse(version.evidence.trial).data;
  const reported = trial?.reported;
  return {
    file: file.data,
    reported: reported ? { versions: reported.versions, digest: reportedDigest(reported) } : null,
    trial: trial?.message ?? null,
  };
}

/** Everything the page of a version shows, in one read. */
async function detailOf(ctx: Ctx, version: ModelVersion) {
  const gates = await gatesOf(ctx, version);
  const [approved, names, tallies, card, files, deployments, setbacks, requirements] = await Promise.all([
    lastApproved(ctx, version),
    namesOf(ctx, [version.createdBy, version.lastEditedBy]),
    talliesOf(ctx, "model_version", [version.id]),
    cardView(ctx, version),
    sealedFiles(ctx, version.id),
    deploymentsOfModel(ctx, { modelId: version.modelId, versionId: version.id }),
    servingIfKnown()?.openSetbacks(ctx, [version.id]),
    requirementsOf(ctx, version, gates),
  ]);
  return {
    ...summaryOf(version, names, tallies),
    /** MLflow's stage: a label, not what answers requests. */
    stage: version.stage,
    /** Which aliases and stages of its model move through gates only. */
    protection: await protectionOf(ctx, await loadModel(ctx, version.modelName)),
    modelId: version.modelId,
    modelName: version.modelName,
    description: version.description,
    tags: version.tags,
    source: version.source,
    runHref: await runHrefOf(ctx, version),
    endpoint: endpointView(version),
    jobId: version.jobId,
    codeCommit: version.codeCommit,
    artifactRoot: version.artifactRoot,
    lastEditedBy: names.get(version.lastEditedBy) ?? version.lastEditedBy,
    updatedAt: version.updatedAt,
    qualifiedAt: version.qualifiedAt,
    manifestDigest: version.manifestDigest,
    weightsPath: version.weightsPath,
    weightsDigest: version.weightsDigest,
    servedBy: servedBy(version),
    ...evidenceViews(version.evidence),
    gates: gates ?? null,
    contract: contractView(version),
    card,
    files,
    deployments,
    /** Where it was rolled back, and nothing has answered that since. */
    setbacks: setbacks?.get(version.id) ?? [],
    /** Where they answer. */
    gatewayUrl: env().gatewayUrl,
    ...requirements,
    comparedWith: approved
      ? { name: `${approved.modelName} v${approved.number}`, number: approved.number }
      : null,
  };
}

export const versionDetail = query(
  {
    name: "registry.version.detail",
    permission: READ,
    input: VersionInput,
    summary: "A version with gates, contract, card, files and what blocks it",
  },
  async ({ ctx, input }) => detailOf(ctx, await loadVersion(ctx, input.name, input.version)),
);

/** A model with its versions and, in full, the version a visitor wants: `champion`, else the newest ready one, else the newest. */
export const modelDetail = query(
  {
    name: "registry.model.detail",
    permission: READ,
    input: ModelNameInput,
    summary: "A model with its versions and its current version",
  },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    const versions = await versionsOf(ctx, model.id);
    const current =
      versions.find((version) => version.aliases.includes("champion")) ??
      versions.find((version) => version.state === "ready") ??
      versions[0];
    const names = await namesOf(ctx, [model.ownerId, ...versions.map((version) => version.createdBy)]);
    const ids = versions.map((version) => version.id);
    const tallies = await talliesOf(ctx, "model_version", ids);
    return {
      id: model.id,
      name: model.name,
      description: model.description,
      tags: model.tags,
      owner: names.get(model.ownerId) ?? model.ownerId,
      createdAt: model.createdAt,
      updatedAt: model.updatedAt,
      versions: versions.map((version) => summaryOf(version, names, tallies)),
      protection: await protectionOf(ctx, model),
      current: current ? await detailOf(ctx, current) : null,
      deployments: await deploymentsOfModel(ctx, { modelId: model.id, versionId: current?.id ?? "" }),
    };
  },
);

/** Which versions were registered from a run, newest first; the way from a run to what became of it. */
export const versionsOfRun = query(
  {
    name: "registry.version.of-run",
    permission: READ,
    input: RunOfVersionInput,
    summary: "Versions that were registered from a run",
  },
  async ({ ctx, input }) => {
    const run = await runOf(ctx, input.runId);
    const items = await ctx.db
      .select({
        id: modelVersions.id,
        model: registeredModels.name,
        number: modelVersions.number,
        state: modelVersions.state,
      })
      .from(modelVersions)
      .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
      .where(and(visible(ctx), eq(modelVersions.runId, run.id)))
      .orderBy(desc(modelVersions.createdAt))
      .limit(50);
    return { items };
  },
);

export const compareVersion = query(
  {
    name: "registry.version.compare",
    permission: READ,
    input: VersionInput,
    summary: "What differs from the last approved version",
  },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.name, input.version);
    const before = await lastApproved(ctx, version);
    return {
      comparedWith: before
        ? { name: `${before.modelName} v${before.number}`, href: hrefOf(before), number: before.number }
        : null,
      rows: await diffVersions(ctx, before, version),
    };
  },
);

/** Where one file of a version is stored. @throws AppError `not_found` */
export const getVersionFile = query(
  {
    name: "registry.version.file",
    permission: READ,
    input: FileInput,
    summary: "Download a file of a version",
  },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.name, input.version);
    const file = (await sealedFiles(ctx, version.id)).find((each) => each.path === input.path);
    if (!file) throw notFound("file", input.path);
    return file;
  },
);

const Uses = z.looseObject({
  datasets: z.array(z.looseObject({ name: z.string(), version: z.number(), used: z.string() })).default([]),
});

/** What a version came from and what came from it, one step each way. */
export const versionLineage = query(
  {
    name: "registry.version.lineage",
    permission: READ,
    input: VersionInput,
    summary: "What a version came from, and what uses it",
  },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.name, input.version);
    const edges = await ctx.db
      .select()
      .from(lineageEdges)
      .where(
        and(
          eq(lineageEdges.teamId, ctx.actor.teamId),
          or(
            and(eq(lineageEdges.toKind, "model_version"), eq(lineageEdges.toId, version.id)),
            and(eq(lineageEdges.fromKind, "model_version"), eq(lineageEdges.fromId, version.id)),
          ),
        ),
      )
      .limit(200);
    const before = edges.filter((edge) => edge.toId === version.id && edge.fromKind !== "logged_model");
    const after = edges.filter((edge) => edge.fromId === version.id);
    const found = [
      ...before.map((edge) => ({ kind: edge.fromKind, id: edge.fromId, relation: edge.relation })),
      ...(version.jobId ? [{ kind: "job", id: version.jobId, relation: "ran" }] : []),
    ];
    const users = after.map((edge) => ({ kind: edge.toKind, id: edge.toId, relation: edge.relation }));
    const names = await namesOfNeighbours(ctx, [...found, ...users]);
    const node = (each: { kind: string; id: string; relation: string }) => ({
      ...each,
      label: names.get(each.id)?.label ?? each.id,
      href: names.get(each.id)?.href ?? null,
    });
    const uses = Uses.catch({ datasets: [] }).parse(version.evidence.provenance ?? {});
    return {
      upstream: [
        ...found.map(node),
        ...uses.datasets.map((dataset) => ({
          kind: "dataset version",
          id: `${dataset.name}/${dataset.version}`,
          label: `${dataset.name} ${dataset.version}`,
          relation: dataset.used,
          href: datasetVersionHref(dataset.name, dataset.version),
        })),
      ],
      downstream: users.map(node),
    };
  },
);
