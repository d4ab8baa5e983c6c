import { and, desc, eq, inArray, lt, ne, or } from "drizzle-orm";
import { z } from "zod";
import {
  auditLog,
  datasetVersions,
  jobInputs,
  jobs,
  lineageEdges,
  modelVersions,
  runInputs,
  runs,
} from "@/db/schema";
import { momentOf } from "@/server/core/int64";
import type { Ctx } from "@/server/core/context";
import { PageInput, decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { namesOfNeighbours } from "./lineage-names";
import { loadDataset, loadVersion } from "./load";
import { DatasetInput, VersionInput } from "./schemas";

const READ = "datasets.dataset.read" as const;
const KIND = "dataset_version";
const MAX_NEIGHBOURS = 500;

export interface Neighbour {
  direction: "upstream" | "downstream";
  kind: string;
  id: string;
  relation: string;
  label: string;
  href: string | null;
  state: string | null;
  at: Date | null;
}
type Unnamed = Omit<Neighbour, "label" | "href" | "state">;

async function edgesOf(ctx: Ctx, versionId: string): Promise<Unnamed[]> {
  const edges = await ctx.db
    .select()
    .from(lineageEdges)
    .where(
      and(
        eq(lineageEdges.teamId, ctx.actor.teamId),
        or(
          and(eq(lineageEdges.fromKind, KIND), eq(lineageEdges.fromId, versionId)),
          and(eq(lineageEdges.toKind, KIND), eq(lineageEdges.toId, versionId)),
        ),
      ),
    )
    .orderBy(desc(lineageEdges.createdAt))
    .limit(MAX_NEIGHBOURS);
  return edges.map((edge) => {
    const down = edge.fromKind === KIND && edge.fromId === versionId;
    return {
      direction: down ? ("downstream" as const) : ("upstream" as const),
      kind: down ? edge.toKind : edge.fromKind,
      id: down ? edge.toId : edge.fromId,
      relation: edge.relation,
      at: edge.createdAt,
    };
  });
}

async function jobsAndRunsOf(ctx: Ctx, versionId: string): Promise<Unnamed[]> {
  const usedBy = await ctx.db
    .select({ id: jobs.id, at: jobs.createdAt })
    .from(jobInputs)
    .innerJoin(jobs, eq(jobs.id, jobInputs.jobId))
    .where(and(eq(jobInputs.datasetVersionId, versionId), eq(jobs.teamId, ctx.actor.teamId)))
    .orderBy(desc(jobs.createdAt))
    .limit(MAX_NEIGHBOURS);
  const loggedBy = await ctx.db
    .select({ id: runs.id, startMs: runs.startMs })
    .from(runInputs)
    .innerJoin(runs, eq(runs.id, runInputs.runId))
    .where(and(eq(runInputs.datasetVersionId, versionId), eq(runs.teamId, ctx.actor.teamId)))
    .orderBy(desc(runs.startMs))
    .limit(MAX_NEIGHBOURS);
  const base = { direction: "downstream" as const, relation: "used" };
  return [
    ...usedBy.map(({ id, at }) => ({ ...base, kind: "job", id, at })),
    ...loggedBy.map(({ id, startMs }) => ({ ...base, kind: "run", id, at: momentOf(startMs) })),
  ];
}

/** Model versions whose run read the data, or whose job was given it. */
async function modelsOf(ctx: Ctx, versionId: string): Promise<Unnamed[]> {
  const readers = ctx.db
    .select({ id: runInputs.runId })
    .from(runInputs)
    .where(eq(runInputs.datasetVersionId, versionId));
  const users = ctx.db
    .select({ id: jobInputs.jobId })
    .from(jobInputs)
    .where(eq(jobInputs.datasetVersionId, versionId));
  const rows = await ctx.db
    .select({ id: modelVersions.id, at: modelVersions.createdAt })
    .from(modelVersions)
    .where(
      and(
        eq(modelVersions.teamId, ctx.actor.teamId),
        ne(modelVersions.state, "deleted"),
        or(inArray(modelVersions.runId, readers), inArray(modelVersions.jobId, users)),
      ),
    )
    .orderBy(desc(modelVersions.createdAt))
    .limit(MAX_NEIGHBOURS);
  return rows.map(({ id, at }) => ({
    direction: "downstream" as const,
    kind: "model_version",
    relation: "made from it",
    id,
    at,
  }));
}

async function named(ctx: Ctx, neighbours: readonly Unnamed[]): Promise<Neighbour[]> {
  const names = await namesOfNeighbours(ctx, neighbours);
  return neighbours.map((each) => ({
    ...each,
    ...(names.get(each.id) ?? { label: each.id, href: null, state: null }),
  }));
}

export const versionLineage = query(
  {
    name: "datasets.version.lineage",
    permission: READ,
    input: VersionInput,
    summary: "What a version came from and what used it, one step each way",
  },
  async ({ ctx, input }) => {
    await loadVersion(ctx, input.id);
    const all = [
      ...(await edgesOf(ctx, input.id)),
      ...(await jobsAndRunsOf(ctx, input.id)),
      ...(await modelsOf(ctx, input.id)),
    ];
    const seen = new Map(all.toReversed().map((each) => [`${each.direction} ${each.kind} ${each.id}`, each]));
    const items = (await named(ctx, [...seen.values()])).toSorted(
      (a, b) => Number(b.at ?? 0) - Number(a.at ?? 0),
    );
    return {
      upstream: items.filter((each) => each.direction === "upstream"),
      downstream: items.filter((each) => each.direction === "downstream"),
    };
  },
);

const Payload = z.object({
  actor: z.object({ name: z.string() }),
  before: z.record(z.string(), z.unknown()).nullish(),
  after: z.record(z.string(), z.unknown()).nullish(),
  reason: z.string().nullish(),
});

export const datasetTimeline = query(
  {
    name: "datasets.dataset.timeline",
    permission: READ,
    input: PageInput.extend(DatasetInput.shape),
    summary: "Who did what to a dataset and its versions",
  },
  async ({ ctx, input }) => {
    const dataset = await loadDataset(ctx, input.slug);
    const versions = ctx.db
      .select({ id: datasetVersions.id })
      .from(datasetVersions)
      .where(eq(datasetVersions.datasetId, dataset.id));
    const after = decodeCursor(input.cursor, z.tuple([z.number()]));
    const rows = await ctx.db
      .select({
        position: auditLog.position,
        id: auditLog.id,
        at: auditLog.at,
        action: auditLog.action,
        payload: auditLog.payload,
      })
      .from(auditLog)
      .where(
        and(
          eq(auditLog.teamId, ctx.actor.teamId),
          after && lt(auditLog.position, after[0]),
          or(
            and(eq(auditLog.subjectKind, "dataset"), eq(auditLog.subjectId, dataset.id)),
            and(eq(auditLog.subjectKind, KIND), inArray(auditLog.subjectId, versions)),
          ),
        ),
      )
      .orderBy(desc(auditLog.position))
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, (each) => [each.position]);
    return {
      ...page,
      items: page.items.map(({ id, at, action, payload }) => {
        const entry = Payload.parse(JSON.parse(payload));
        return {
          id,
          at,
          action,
          actor: entry.actor.name,
          before: entry.before ?? {},
          after: entry.after ?? {},
        };
      }),
    };
  },
);
