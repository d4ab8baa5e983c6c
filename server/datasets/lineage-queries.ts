import { and, desc, eq, inArray, lt, or } from "drizzle-orm";
import { z } from "zod";
import { auditLog, datasetVersions, jobInputs, jobs, lineageEdges, runInputs, runs } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { PageInput, decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
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
  state: string | null;
  at: Date | null;
}

async function edgesOf(ctx: Ctx, versionId: string): Promise<Neighbour[]> {
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
      label: down ? edge.toId : edge.fromId,
      state: null,
      at: edge.createdAt,
    };
  });
}

async function jobsAndRunsOf(ctx: Ctx, versionId: string): Promise<Neighbour[]> {
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
  const base = { direction: "downstream" as const, relation: "used", state: null };
  return [
    ...usedBy.map(({ id, at }) => ({ ...base, kind: "job", id, label: id, at })),
    ...loggedBy.map(({ id, startMs }) => ({
      ...base,
      kind: "run",
      id,
      label: id,
      at: startMs === null ? null : new Date(startMs),
    })),
  ];
}

/** Names of the jobs and runs among the neighbours; other kinds keep their id. */
async function named(ctx: Ctx, neighbours: Neighbour[]): Promise<Neighbour[]> {
  const ids = (kind: string) => neighbours.filter((each) => each.kind === kind).map((each) => each.id);
  const [jobIds, runIds] = [ids("job"), ids("run")];
  const known = new Map<string, { name: string; state: string }>();
  if (jobIds.length > 0) {
    const found = await ctx.db
      .select({ id: jobs.id, name: jobs.name, state: jobs.state })
      .from(jobs)
      .where(and(inArray(jobs.id, jobIds), eq(jobs.teamId, ctx.actor.teamId)));
    for (const each of found) known.set(each.id, each);
  }
  if (runIds.length > 0) {
    const found = await ctx.db
      .select({ id: runs.id, name: runs.name, state: runs.status })
      .from(runs)
      .where(and(inArray(runs.id, runIds), eq(runs.teamId, ctx.actor.teamId)));
    for (const each of found) known.set(each.id, each);
  }
  return neighbours.map((each) => {
    const more = known.get(each.id);
    return more ? { ...each, label: more.name, state: more.state.toLowerCase() } : each;
  });
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
    const all = [...(await edgesOf(ctx, input.id)), ...(await jobsAndRunsOf(ctx, input.id))];
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
      .select({ seq: auditLog.seq, at: auditLog.at, action: auditLog.action, payload: auditLog.payload })
      .from(auditLog)
      .where(
        and(
          eq(auditLog.teamId, ctx.actor.teamId),
          after && lt(auditLog.seq, after[0]),
          or(
            and(eq(auditLog.subjectKind, "dataset"), eq(auditLog.subjectId, dataset.id)),
            and(eq(auditLog.subjectKind, KIND), inArray(auditLog.subjectId, versions)),
          ),
        ),
      )
      .orderBy(desc(auditLog.seq))
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, (each) => [each.seq]);
    return {
      ...page,
      items: page.items.map(({ seq, at, action, payload }) => {
        const entry = Payload.parse(JSON.parse(payload));
        return {
          seq,
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
