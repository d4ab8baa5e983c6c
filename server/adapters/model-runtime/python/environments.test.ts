import { expect, it } from "vitest";
import { isAppError } from "@/server/core/errors";
import { PythonEnvironments } from "./environments";
import { pythonSettings, versionOf } from "./testing-python";

it.each(["user:index-pass-4711", "index-pass-4711"])(
  "what pip says is told without the password in %s@",
  async (account) => {
    const buildEnv = { ...pythonSettings.buildEnv, PIP_INDEX_URL: `https://${account}@127.0.0.1:9/simple` };
    const environments = new PythonEnvironments({ ...pythonSettings, buildEnv });
    const python = await versionOf(pythonSettings.python ?? "python3");
    // Pip puts settings in the place of such words, and repeats what it cannot read.
    const refused: unknown = await environments
      .resolve("x${PIP_INDEX_URL}\n", python)
      .catch((error: unknown) => error);
    const message = isAppError(refused) ? refused.message : "";
    expect(message).toContain("cannot find packages");
    expect(message).toContain("[redacted]");
    expect(message).not.toContain("4711");
  },
  120_000,
);
