import path from "node:path";
import { parentPort } from "node:worker_threads";
import { db } from "@/db/client";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { PredictionRecord, setRecordAside, storePredictions } from "@/server/monitoring";
import { drainSpool } from "@/server/serving/gateway/drain";
import { UnreadableRecord } from "@/server/serving/gateway/spool-format";
import { SpoolReader } from "@/server/serving/gateway/spool-reader";
import { boundRecord } from "@/server/serving/gateway/stored-form";

/** The thread that takes predictions from the spool to the database, so that requests do not wait for it. */
let stopping = false;
parentPort?.on("message", () => {
  stopping = true;
});
await drainSpool(
  new SpoolReader(path.join(env().home, "spool")),
  {
    store: (records) => storePredictions(db(), PredictionRecord.array().parse(records.map(boundRecord))),
    setAside: async (record, error, tries) => {
      log.error({ err: error, tries }, "a prediction could not be stored and was set aside");
      const kept = record instanceof UnreadableRecord ? record.bytes : boundRecord(record);
      await setRecordAside(db(), kept, error, tries);
    },
  },
  () => stopping,
);
process.exit(0);
