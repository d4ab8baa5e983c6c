import { db } from "@/db/client";
import { log } from "@/server/core/log";
import { every } from "@/server/worker/handlers";
import { sweepPending } from "./pending-feedback";

every("monitoring.sweep-pending-feedback", 2_000, async () => {
  const { forgotten } = await sweepPending(db(), new Date());
  if (forgotten > 0) log.warn({ forgotten }, "feedback dropped: its predictions never came");
});
