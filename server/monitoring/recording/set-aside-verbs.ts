import { and, count, desc, eq, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import { setAsideRecords } from "@/db/schema";
import { readableDeployments } from "@/server/serving";
import { allTeams } from "@/server/identity";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, notFound } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { transaction } from "@/server/core/tell";
import { mutation, query } from "@/server/core/verb";
import { ListSetAsideInput, PredictionRecord, SetAsideRef } from "../schemas";
import { storePredictions } from "./store-predictions";

export const listSetAside = query(
  {
    name: "monitoring.set_aside.list",
    permission: "platform.console.read",
    input: ListSetAsideInput,
    summary: "Predictions that could not be stored, and why",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, z.tuple([z.number(), z.string()]));
    const filter = eq(setAsideRecords.state, input.state);
    const [total] = await ctx.db.select({ n: count() }).from(setAsideRecords).where(filter);
    const ms = sql<Date>`date_trunc('milliseconds', ${setAsideRecords.at})`;
    const rows = await ctx.db
      .select({
        id: setAsideRecords.id,
        predictionId: setAsideRecords.predictionId,
        deployment: readableDeployments.name,
        team: allTeams.name,
        error: setAsideRecords.error,
        tries: setAsideRecords.tries,
        bytes: sql<number>`length(${setAsideRecords.record})`,
        state: setAsideRecords.state,
        at: setAsideRecords.at,
        triedAt: setAsideRecords.triedAt,
      })
      .from(setAsideRecords)
      .leftJoin(readableDeployments, eq(readableDeployments.id, setAsideRecords.deploymentId))
      .leftJoin(allTeams, eq(allTeams.id, setAsideRecords.teamId))
      .where(
        and(
          filter,
          after
            ? or(
                lt(ms, new Date(after[0])),
                and(eq(ms, new Date(after[0])), lt(setAsideRecords.id, after[1])),
              )
            : undefined,
        ),
      )
      .orderBy(desc(ms), desc(setAsideRecords.id))
      .limit(input.limit + 1);
    return {
      ...toPage(rows, input.limit, (row) => [row.at.getTime(), row.id]),
      total: total?.n ?? 0,
    };
  },
);

async function waiting(ctx: Ctx, id: string) {
  const [row] = await ctx.db.select().from(setAsideRecords).where(eq(setAsideRecords.id, id)).for("update");
  if (!row) throw notFound("record", id);
  if (row.state !== "waiting") throw conflict(`This record is ${row.state} already.`, "Load the list again.");
  return row;
}

async function finish(
  ctx: Ctx,
  row: { id: string; predictionId: string | null },
  state: string,
  action: string,
) {
  await ctx.db
    .update(setAsideRecords)
    .set({ state, triedAt: ctx.now() })
    .where(eq(setAsideRecords.id, row.id));
  await audit(ctx, {
    action,
    subject: { kind: "set_aside_record", id: row.id, label: row.predictionId ?? row.id },
    before: { state: "waiting" },
    after: { state },
  });
}

function parseRecord(bytes: Buffer): PredictionRecord | undefined {
  try {
    return PredictionRecord.safeParse(JSON.parse(bytes.toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

export const retrySetAside = mutation(
  {
    name: "monitoring.set_aside.retry",
    permission: "platform.work.retry",
    input: SetAsideRef,
    summary: "Store a prediction that was set aside",
  },
  async ({ ctx, input }) => {
    const row = await waiting(ctx, input.id);
    const record = parseRecord(row.record);
    if (!record)
      throw conflict(
        "This record cannot be read as a prediction.",
        "Discard it, or see the gateway's log for where it came from.",
      );
    try {
      await transaction(ctx.db, (tx) => storePredictions(tx, [record]));
    } catch (error) {
      log.warn({ err: error, record: row.id }, "a prediction that was set aside fails again");
      throw conflict(
        "The database refuses this record again.",
        "The reason in the list says what it refuses. Discard the record when nothing can be done about it.",
      );
    }
    await finish(ctx, row, "stored", "monitoring.set_aside.retry");
    return { id: row.id, state: "stored" as const };
  },
);

export const discardSetAside = mutation(
  {
    name: "monitoring.set_aside.discard",
    permission: "platform.work.retry",
    input: SetAsideRef,
    summary: "Give up a prediction that was set aside",
  },
  async ({ ctx, input }) => {
    const row = await waiting(ctx, input.id);
    await finish(ctx, row, "discarded", "monitoring.set_aside.discard");
    return { id: row.id, state: "discarded" as const };
  },
);
