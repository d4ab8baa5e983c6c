// `npm run dev`: the same processes with pages compiled on demand. Several copies run side by side when each
// has its own PORT, GATEWAY_PORT, MODELWORKS_HOME and NEXT_DIST_DIR.
import { launch } from "./launch.mjs";
import { installIfNeeded, requireNode } from "./prepare.mjs";

console.log("Modelworks (development)");
requireNode();
await installIfNeeded();
launch({
  MODELWORKS_DEV: "1",
  MODELWORKS_HOME: process.env.MODELWORKS_HOME || ".modelworks-dev",
  // The demo line trains models for minutes; in development it runs only when asked for.
  MODELWORKS_DEMO_LINE: process.env.MODELWORKS_DEMO_LINE || "off",
});
