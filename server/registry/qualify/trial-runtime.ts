import path from "node:path";
import { pythonModels } from "@/server/composition";
import { createModelRuntime } from "@/server/adapters/model-runtime/model-runtime";
import type { ModelRuntime } from "@/server/adapters/model-runtime/port";
import { PythonEnvironments } from "@/server/adapters/model-runtime/python/environments";
import { env } from "@/server/core/env";

export interface TrialTools {
  runtime: ModelRuntime;
  environments: Pick<PythonEnvironments, "resolve" | "prepare">;
}

/** Where a version's model is tried before anybody depends on it: as gateways run models, for the time of one trial. */
export const trialTools = (): TrialTools => ({
  runtime: createModelRuntime({
    folder: path.join(env().home, "trials"),
    ceilingMs: env().modelDeadlineMs,
    python: pythonModels(),
  }),
  environments: new PythonEnvironments(pythonModels()),
});
