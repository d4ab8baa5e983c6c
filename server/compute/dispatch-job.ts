import { and, eq, inArray } from "drizzle-orm";
import type { z } from "zod";
import { jobInputs, jobs, lineageEdges } from "@/db/schema";
import { readableDatasetVersions, readableDatasets } from "@/server/datasets";
import { firstCharacters } from "@/server/core/characters";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { AppError, conflict, invalid, invalidField } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { clusterCapacity, teamQuota } from "./ledger";
import { toJob, type Job } from "./load";
import { needsOf } from "./plan-admission";
import { amountInWords, checkParams, JOB_REASONS, resourceInWords } from "./rules";
import { DispatchJobInput, type JobSpec } from "./schemas";
import { snapshotTemplate, templateOf, type Template } from "./templates";
import { jobsTopic, quotaTopic } from "./kinds";

type Input = z.output<typeof DispatchJobInput>;
interface PinnedInput {
  name: string;
  datasetVersionId: string;
  manifestDigest: string;
}

const DEFAULTS = { cpuMilli: 1000, memoryBytes: 1024 ** 3, timeLimitSeconds: 3600 };

async function pinInputs(ctx: Ctx, input: Input, template: Template | undefined): Promise<PinnedInput[]> {
  const names = input.inputs.map((each) => each.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw invalidField(`inputs.${twice}`, "is given twice");
  for (const wanted of template?.spec.inputs ?? []) {
    if (!wanted.optional && !names.includes(wanted.name)) {
      throw invalidField(`inputs.${wanted.name}`, "is needed", "Choose a dataset version.");
    }
  }
  const known = template?.spec.inputs.map((each) => each.name);
  const unknown = known && names.find((name) => !known.includes(name));
  if (unknown) throw invalidField(`inputs.${unknown}`, "is no input of this template");
  if (names.length === 0) return [];
  const rows = await ctx.db
    .select({
      id: readableDatasetVersions.id,
      manifestDigest: readableDatasetVersions.manifestDigest,
      format: readableDatasetVersions.format,
    })
    .from(readableDatasetVersions)
    .innerJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
    .where(
      and(
        eq(readableDatasetVersions.teamId, ctx.actor.teamId),
        inArray(
          readableDatasetVersions.id,
          input.inputs.map((each) => each.datasetVersionId),
        ),
      ),
    );
  return input.inputs.map(({ name, datasetVersionId }) => {
    const row = rows.find((each) => each.id === datasetVersionId);
    if (!row)
      throw invalidField(`inputs.${name}`, `there is no dataset version ${datasetVersionId} in this team`);
    const accepts = template?.spec.inputs.find((each) => each.name === name)?.accepts ?? [];
    if (accepts.length > 0 && !accepts.includes(row.format)) {
      throw invalidField(`inputs.${name}`, `is ${row.format}; this template reads ${accepts.join(" or ")}`);
    }
    return { name, datasetVersionId, manifestDigest: row.manifestDigest };
  });
}

/** Refuses at once what could never run, so that nobody waits for it. */
async function refuseImpossible(ctx: Ctx, resources: JobSpec["resources"]): Promise<void> {
  const quota = await teamQuota(ctx.db, ctx.actor.teamId, ctx.now());
  const capacity = await clusterCapacity(ctx.db);
  for (const [name, amount] of Object.entries(needsOf(resources))) {
    const field = name === "cpu" ? "cpuMilli" : name === "memory" ? "memoryBytes" : "gpuMilli";
    const wants = `${amountInWords(name, amount)} of ${resourceInWords(name)}`;
    const limit = quota[name] ?? 0;
    if (amount > limit) {
      throw new AppError(
        "quota_exceeded",
        `The job asks for ${wants}; the team's whole quota is ${amountInWords(name, limit)}.`,
        {
          hint: name.startsWith("gpu:")
            ? "Ask for less, or request GPU quota under Quotas."
            : "Ask for less, or have a platform administrator raise the team's quota.",
          details: {
            reason: "ExceedsMaxQuota",
            resource: name,
            requested: amount,
            quota: limit,
            fields: {
              [`resources.${field}`]: `is more than the team's quota of ${amountInWords(name, limit)}`,
            },
          },
        },
      );
    }
    const whole = capacity[name];
    // A machine with a GPU may come tomorrow: until then the job waits, and says for what.
    if (whole !== undefined && amount > whole && !name.startsWith("gpu:")) {
      throw new AppError(
        "quota_exceeded",
        `The job asks for ${wants}; the whole cluster has ${amountInWords(name, whole)}.`,
        {
          hint: "Ask for less.",
          details: {
            reason: "ExceedsCapacity",
            resource: name,
            fields: {
              [`resources.${field}`]: `is more than the cluster has (${amountInWords(name, whole)})`,
            },
          },
        },
      );
    }
  }
}

function resolveParams(input: Input, template: Template | undefined) {
  if (!template) return input.params;
  const { values, fields } = checkParams(template.spec.parameters, input.params);
  const [first] = Object.entries(fields);
  if (first) {
    throw invalid(`${first[0]}: ${first[1]}`, "Correct the named parameters and try again.", { fields });
  }
  return values;
}

async function buildSpec(ctx: Ctx, input: Input, template: Template | undefined): Promise<JobSpec> {
  const wanted = template?.spec.resources;
  const resources = {
    cpuMilli: input.resources?.cpuMilli ?? wanted?.cpuMilli ?? DEFAULTS.cpuMilli,
    memoryBytes: input.resources?.memoryBytes ?? wanted?.memoryBytes ?? DEFAULTS.memoryBytes,
    gpuFlavor: input.resources?.gpuMilli ? (input.resources.gpuFlavor ?? null) : null,
    gpuMilli: input.resources?.gpuMilli ?? 0,
  };
  const program = input.command?.[0];
  return {
    name: input.name ?? template?.title ?? (program && firstCharacters(program, 80)) ?? "Job",
    template: template ? { name: template.name, version: template.version } : null,
    command: input.command ?? template?.spec.command ?? [],
    requirements: input.requirements ?? template?.requirements ?? null,
    params: resolveParams(input, template),
    env: input.env,
    inputs: input.inputs,
    resources,
    timeLimitSeconds: input.timeLimitSeconds ?? wanted?.timeLimitSeconds ?? DEFAULTS.timeLimitSeconds,
    maxAttempts: input.maxAttempts,
    outputs: input.outputs,
    code: template ? await snapshotTemplate(ctx, template) : null,
  };
}

/** The job of an earlier dispatch with this key. @throws AppError `conflict` when that one asked for something else. */
async function earlierJob(ctx: Ctx, dedupKey: string, specDigest: string): Promise<Job | undefined> {
  const [row] = await ctx.db
    .select()
    .from(jobs)
    .where(and(eq(jobs.teamId, ctx.actor.teamId), eq(jobs.dedupKey, dedupKey)));
  if (!row) return undefined;
  if (row.specDigest !== specDigest) {
    throw conflict("This dedupKey was used for another job.", "Use a new key for a new job.", {
      jobId: row.id,
    });
  }
  await audit(ctx, {
    action: "compute.job.dispatch_repeated",
    subject: { kind: "job", id: row.id, label: row.name },
    after: { dedupKey },
  });
  return toJob(row);
}

async function recordInputs(ctx: Ctx, jobId: string, pinned: readonly PinnedInput[]): Promise<void> {
  if (pinned.length === 0) return;
  await ctx.db.insert(jobInputs).values(pinned.map((each) => ({ jobId, ...each })));
  await ctx.db
    .insert(lineageEdges)
    .values(
      pinned.map((each) => ({
        teamId: ctx.actor.teamId,
        fromKind: "dataset_version",
        fromId: each.datasetVersionId,
        toKind: "job",
        toId: jobId,
        relation: "input",
      })),
    )
    .onConflictDoNothing();
}

/**
 * Puts a job in the queue. Its code, parameters and inputs are pinned by digest in its specification.
 * Errors: `invalid` with fields, `quota_exceeded` when it could never run, `conflict` for a key used for another job.
 */
export const dispatchJob = mutation(
  {
    name: "compute.job.dispatch",
    permission: "compute.job.dispatch",
    input: DispatchJobInput,
    summary: "Dispatch a job",
  },
  async ({ ctx, input }) => {
    const template = input.template ? await templateOf(input.template.name) : undefined;
    if (template && input.template?.version && input.template.version !== template.version) {
      throw invalidField("template.version", `is ${template.version} in this installation`);
    }
    const pinned = await pinInputs(ctx, input, template);
    const spec = await buildSpec(ctx, input, template);
    // A request is the same when it asks for the same; where the code came from is not part of the question.
    const { code, ...asked } = spec;
    const specDigest = digestOf({ ...asked, code: code?.digest ?? null });
    const earlier = input.dedupKey && (await earlierJob(ctx, input.dedupKey, specDigest));
    if (earlier) return earlier;
    await refuseImpossible(ctx, spec.resources);
    const id = newId("job");
    const [row] = await ctx.db
      .insert(jobs)
      .values({
        id,
        teamId: ctx.actor.teamId,
        name: spec.name,
        template: template ? `${template.name}@${template.version}` : null,
        spec,
        specDigest,
        state: "queued",
        reason: "PendingEvaluation",
        reasonText: `${JOB_REASONS.PendingEvaluation}.`,
        ...spec.resources,
        timeLimitSeconds: spec.timeLimitSeconds,
        maxAttempts: spec.maxAttempts,
        priority: input.priority,
        dedupKey: input.dedupKey ?? null,
        createdBy: ctx.actor.userId,
        createdAt: ctx.now(),
      })
      .onConflictDoNothing({ target: [jobs.teamId, jobs.dedupKey] })
      .returning();
    if (!row) {
      const winner = await earlierJob(ctx, input.dedupKey ?? "", specDigest);
      if (winner) return winner;
      throw conflict("This job was dispatched at the same moment.", "Try again with the same key.");
    }
    await recordInputs(ctx, id, pinned);
    await emit(ctx, { type: "compute.job_queued", payload: { jobId: id } });
    await notifyLive(ctx.db, ctx.actor.teamId, jobsTopic, quotaTopic);
    await audit(ctx, {
      action: "compute.job.dispatch",
      subject: { kind: "job", id, label: spec.name },
      after: { template: row.template, specDigest, resources: spec.resources, params: spec.params },
    });
    return toJob(row);
  },
);
