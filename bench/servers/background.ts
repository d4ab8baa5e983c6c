// The worker's part in a write: audit rows get their place in the chain, events are fanned out.
import { startDispatcher } from "@/server/worker/dispatch-outbox";
import { startTicks } from "@/server/worker/tick";
import "@/server/identity/jobs";

startDispatcher();
startTicks("bench");
process.on("SIGTERM", () => process.exit(0));
process.on("disconnect", () => process.exit(0));
process.send?.(0);
