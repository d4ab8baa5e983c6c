import path from "node:path";
import { parentPort } from "node:worker_threads";
import { db } from "@/db/client";
import { env } from "@/server/core/env";
import { PredictionRecord, storePredictions } from "@/server/monitoring";
import { drainSpool } from "@/server/serving/gateway/drain";
import { SpoolReader } from "@/server/serving/gateway/spool-reader";

/** The thread that takes predictions from the spool to the database, so that requests do not wait for it. */
let stopping = false;
parentPort?.on("message", () => {
  stopping = true;
});
await drainSpool(
  new SpoolReader(path.join(env().home, "spool")),
  (records) => storePredictions(db(), PredictionRecord.array().parse(records)),
  () => stopping,
);
process.exit(0);
