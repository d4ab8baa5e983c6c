import { log } from "@/server/core/log";
import { every, systemCtx } from "@/server/kit/handlers";
import { syncBuiltInPolicies } from "./gates/sync-policies";

let current = false;

/** Brings the stored policies to this release's documents soon after a worker starts; a failure is tried again. */
every("governance.sync-policies", 3_000, async () => {
  if (current) return;
  const { added } = await syncBuiltInPolicies(systemCtx(""));
  current = true;
  if (added.length > 0) log.info({ added }, "policies brought up to date");
});
