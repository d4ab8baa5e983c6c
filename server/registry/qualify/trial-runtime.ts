import path from "node:path";
import { createModelRuntime } from "@/server/adapters/model-runtime/model-runtime";
import type { ModelRuntime } from "@/server/adapters/model-runtime/port";
import { env } from "@/server/core/env";

/** Where a version's model is tried before anybody depends on it: as gateways run models, for the time of one trial. */
export const trialRuntime = (): ModelRuntime =>
  createModelRuntime({ folder: path.join(env().home, "trials"), ceilingMs: env().modelDeadlineMs });
