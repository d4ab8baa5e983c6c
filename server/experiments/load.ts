import { and, eq, inArray, isNull } from "drizzle-orm";
import { experiments, loggedModels, runs } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound, precondition } from "@/server/core/errors";

export type Experiment = typeof experiments.$inferSelect;
export type Run = typeof runs.$inferSelect;
export type LoggedModel = typeof loggedModels.$inferSelect;

/** The team's `Default` experiment, which the protocol calls "0"; made on first use. */
async function defaultExperiment(ctx: Ctx): Promise<Experiment> {
  const teamId = ctx.actor.teamId;
  const find = () =>
    ctx.db
      .select()
      .from(experiments)
      .where(and(eq(experiments.teamId, teamId), eq(experiments.name, "Default")));
  const [known] = await find();
  if (known) return known;
  const [made] = await ctx.db
    .insert(experiments)
    .values({ teamId, name: "Default", createdBy: "system" })
    .onConflictDoNothing({ target: [experiments.teamId, experiments.name] })
    .returning();
  // None was made where another request of the same moment made it first.
  const row = made ?? (await find())[0];
  if (!row) throw notFound("experiment", "0");
  return row;
}

/** No experiment has a larger number: ids are of four bytes. */
const MOST_ID = 2_147_483_647;

/** The numbers under which a search may find rows; 0 is the team's default experiment, and what no experiment can have is left out. */
export async function experimentNumbers(ctx: Ctx, ids: readonly string[]): Promise<number[]> {
  const numbers = new Set(ids.map(Number));
  if (numbers.delete(0)) numbers.add((await defaultExperiment(ctx)).id);
  return [...numbers].filter((number) => number <= MOST_ID);
}

/** Loads within the caller's team. @throws AppError `not_found` */
export async function loadExperiment(ctx: Ctx, id: string): Promise<Experiment> {
  if (id === "0") return defaultExperiment(ctx);
  const number = Number(id);
  if (number > MOST_ID) throw notFound("experiment", id);
  const [row] = await ctx.db
    .select()
    .from(experiments)
    .where(and(eq(experiments.id, number), eq(experiments.teamId, ctx.actor.teamId)));
  if (!row) throw notFound("experiment", id);
  return row;
}

/** @throws AppError `not_found` */
export async function loadRun(ctx: Ctx, id: string): Promise<Run> {
  const [row] = await ctx.db
    .select()
    .from(runs)
    .where(and(eq(runs.id, id), eq(runs.teamId, ctx.actor.teamId)));
  if (!row) throw notFound("run", id);
  return row;
}

/** Several runs in the order asked for, in one statement. @throws AppError `not_found` that names the first missing one */
export async function loadRuns(ctx: Ctx, ids: readonly string[]): Promise<Run[]> {
  if (ids.length === 0) return [];
  const rows = await ctx.db
    .select()
    .from(runs)
    .where(and(inArray(runs.id, [...ids]), eq(runs.teamId, ctx.actor.teamId)));
  const known = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const run = known.get(id);
    if (!run) throw notFound("run", id);
    return run;
  });
}

/** A run that may still be written to. @throws AppError `not_found`, or `precondition_failed` when it is deleted. */
export async function loadWritableRun(ctx: Ctx, id: string): Promise<Run> {
  const run = await loadRun(ctx, id);
  if (run.lifecycle !== "active") {
    throw precondition(
      `The run ${id} must be in the 'active' state. Current state is deleted.`,
      "Restore it before you write to it.",
    );
  }
  return run;
}

/** @throws AppError `not_found` for a missing, foreign or deleted logged model. */
export async function loadLoggedModel(ctx: Ctx, id: string): Promise<LoggedModel> {
  const [row] = await ctx.db
    .select()
    .from(loggedModels)
    .where(
      and(eq(loggedModels.id, id), eq(loggedModels.teamId, ctx.actor.teamId), isNull(loggedModels.deletedAt)),
    );
  if (!row) throw notFound("logged model", id);
  return row;
}

/** @throws AppError `not_found` for the first of the ids that is missing, foreign or deleted. */
export async function requireLoggedModels(ctx: Ctx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const rows = await ctx.db
    .select({ id: loggedModels.id })
    .from(loggedModels)
    .where(
      and(
        inArray(loggedModels.id, [...ids]),
        eq(loggedModels.teamId, ctx.actor.teamId),
        isNull(loggedModels.deletedAt),
      ),
    );
  const known = new Set(rows.map(({ id }) => id));
  const missing = ids.find((id) => !known.has(id));
  if (missing !== undefined) throw notFound("logged model", missing);
}
