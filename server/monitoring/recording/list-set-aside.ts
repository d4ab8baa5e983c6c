import { and, count, desc, eq, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import { setAsideRecords } from "@/db/schema";
import { readableDeployments } from "@/server/serving";
import { allTeams } from "@/server/identity";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { ListSetAsideInput } from "../schemas";

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
