import { eq } from "drizzle-orm";
import { setAsideRecords } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, notFound } from "@/server/core/errors";

export async function waiting(ctx: Ctx, id: string) {
  const [row] = await ctx.db.select().from(setAsideRecords).where(eq(setAsideRecords.id, id)).for("update");
  if (!row) throw notFound("record", id);
  if (row.state !== "waiting") throw conflict(`This record is ${row.state} already.`, "Load the list again.");
  return row;
}

export async function finish(
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
