import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { decodeCursor, PageInput, toPage, type Page } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { MARKER } from "@/server/kit/marker";

/** What the admin console shows of the worker. It reads tables only: the portal never loads the engine. */

export interface WorkItem {
  eventId: string;
  handler: string;
  eventType: string;
  teamId: string | null;
  state: "pending" | "done" | "dead";
  attempts: number;
  lastError: string | null;
  nextAttemptAt: Date;
  finishedAt: Date | null;
  createdAt: Date;
}

interface WorkRow extends Record<string, unknown> {
  seq: string;
  event_id: string;
  handler: string;
  type: string;
  team_id: string | null;
  state: WorkItem["state"];
  attempts: number;
  last_error: string | null;
  next_attempt_at: string;
  finished_at: string | null;
  created_at: string;
}

const dateOf = (value: string | null) => (value === null ? null : new Date(value));

export const listWork = query(
  {
    name: "platform.work.list",
    permission: "platform.console.read",
    input: PageInput.extend({ state: z.enum(["pending", "done", "dead"]).optional() }),
    summary: "List deliveries of events to handlers",
  },
  async ({ ctx, input }): Promise<Page<WorkItem>> => {
    const after = decodeCursor(input.cursor, z.tuple([z.number(), z.string()]));
    const conditions: SQL[] = [sql`d.handler <> ${MARKER}`];
    if (input.state) conditions.push(sql`d.state = ${input.state}`);
    if (after) conditions.push(sql`(e.seq, d.handler) < (${after[0]}, ${after[1]})`);
    const { rows } = await ctx.db.execute<WorkRow>(sql`
      select e.seq, e.type, e.team_id, e.created_at, d.event_id, d.handler, d.state, d.attempts, d.last_error, d.next_attempt_at, d.finished_at
      from outbox_deliveries d join outbox_events e on e.id = d.event_id
      where ${sql.join(conditions, sql` and `)}
      order by e.seq desc, d.handler desc limit ${input.limit + 1}`);
    const page = toPage(rows, input.limit, (row) => [Number(row.seq), row.handler]);
    return { ...page, items: page.items.map(toWorkItem) };
  },
);

const toWorkItem = (row: WorkRow): WorkItem => ({
  eventId: row.event_id,
  handler: row.handler,
  eventType: row.type,
  teamId: row.team_id,
  state: row.state,
  attempts: row.attempts,
  lastError: row.last_error,
  nextAttemptAt: new Date(row.next_attempt_at),
  finishedAt: dateOf(row.finished_at),
  createdAt: new Date(row.created_at),
});

export interface WorkflowItem {
  id: string;
  name: string;
  /** ENQUEUED, PENDING (running), SUCCESS, ERROR, CANCELLED … as the engine names it. */
  status: string;
  executorId: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface WorkflowStep {
  index: number;
  name: string;
  failed: boolean;
  startedAt: Date | null;
  completedAt: Date | null;
}

/** The engine makes its schema when a worker first starts. */
async function engineExists(ctx: Ctx): Promise<boolean> {
  const { rows } = await ctx.db.execute<{ found: boolean }>(
    sql`select to_regclass('dbos.workflow_status') is not null as found`,
  );
  return rows[0]?.found ?? false;
}

interface WorkflowRow extends Record<string, unknown> {
  workflow_uuid: string;
  name: string;
  status: string;
  executor_id: string | null;
  created_at: string;
  updated_at: string;
}

export const listWorkflows = query(
  {
    name: "platform.workflow.list",
    permission: "platform.console.read",
    input: PageInput.extend({ status: z.string().max(50).optional(), name: z.string().max(200).optional() }),
    summary: "List durable workflows, newest first",
  },
  async ({ ctx, input }): Promise<Page<WorkflowItem>> => {
    if (!(await engineExists(ctx))) return { items: [], nextCursor: null };
    const after = decodeCursor(input.cursor, z.tuple([z.number(), z.string()]));
    const conditions: SQL[] = [sql`true`];
    if (input.status) conditions.push(sql`status = ${input.status}`);
    if (input.name) conditions.push(sql`name = ${input.name}`);
    if (after) conditions.push(sql`(created_at, workflow_uuid) < (${after[0]}, ${after[1]})`);
    const { rows } = await ctx.db.execute<WorkflowRow>(sql`
      select workflow_uuid, name, status, executor_id, created_at, updated_at from dbos.workflow_status
      where ${sql.join(conditions, sql` and `)}
      order by created_at desc, workflow_uuid desc limit ${input.limit + 1}`);
    const page = toPage(rows, input.limit, (row) => [Number(row.created_at), row.workflow_uuid]);
    return {
      ...page,
      items: page.items.map((row) => ({
        id: row.workflow_uuid,
        name: row.name,
        status: row.status,
        executorId: row.executor_id,
        createdAt: new Date(Number(row.created_at)),
        updatedAt: new Date(Number(row.updated_at)),
      })),
    };
  },
);

interface StepRow extends Record<string, unknown> {
  function_id: number;
  function_name: string;
  failed: boolean;
  started: string | null;
  completed: string | null;
}

const epochDate = (value: string | null) => (value === null ? null : new Date(Number(value)));

export const listWorkflowSteps = query(
  {
    name: "platform.workflow.steps",
    permission: "platform.console.read",
    input: z.object({ id: z.string().min(1).max(300) }),
    summary: "List the recorded steps of a workflow",
  },
  async ({ ctx, input }): Promise<WorkflowStep[]> => {
    if (!(await engineExists(ctx))) throw notFound("workflow", input.id);
    const found = await ctx.db.execute(
      sql`select 1 from dbos.workflow_status where workflow_uuid = ${input.id}`,
    );
    if (found.rows.length === 0) throw notFound("workflow", input.id);
    const { rows } = await ctx.db.execute<StepRow>(sql`
      select function_id, function_name, error is not null as failed, started_at_epoch_ms as started, completed_at_epoch_ms as completed
      from dbos.operation_outputs where workflow_uuid = ${input.id} order by function_id limit 1000`);
    return rows.map((row) => ({
      index: row.function_id,
      name: row.function_name,
      failed: row.failed,
      startedAt: epochDate(row.started),
      completedAt: epochDate(row.completed),
    }));
  },
);
