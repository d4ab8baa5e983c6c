import { db } from "@/db/client";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { every, systemCtx } from "@/server/kit/handlers";
import { advanceRollouts } from "./advance-rollouts";
import { retainTraffic } from "./retain-traffic";

/** The rollout controller: looks twice a second, so a bad canary is off the road within a second of the verdict. */
every("serving.advance-rollouts", 500, () => advanceRollouts((teamId) => systemCtx(teamId)), {
  twice: "each look at a rollout is one transaction that holds its row",
});

every(
  "serving.retain-traffic",
  3_600_000,
  async () => {
    const retained = await retainTraffic(db(), new Date(), env().trafficRetentionDays);
    if (retained.dropped.length > 0 || retained.deleted > 0)
      log.info(retained, "old traffic counts are gone");
  },
  { twice: "days are made where they are missing and dropped where they are there" },
);
