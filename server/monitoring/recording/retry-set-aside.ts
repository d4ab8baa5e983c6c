import { conflict } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { transaction } from "@/server/core/tell";
import { mutation } from "@/server/core/verb";
import { PredictionRecord, SetAsideRef } from "../schemas";
import { storePredictions } from "./store-predictions";
import { finish, waiting } from "./set-aside-parts";

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
