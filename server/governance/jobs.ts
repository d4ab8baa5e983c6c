import { log } from "@/server/core/log";
import { every, systemCtx } from "@/server/worker/handlers";
import { syncBuiltInPolicies } from "./gates/sync-policies";

/** Brings the stored policies to this release's documents when a worker starts; later rounds find nothing to do. */
every("governance.sync-policies", 60_000, async () => {
  const { added } = await syncBuiltInPolicies(systemCtx(""));
  if (added.length > 0) log.info({ added }, "policies brought up to date");
});
