import { eq } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import type { PythonEnvironment } from "@/server/adapters/model-runtime/port";
import type { PythonEnvironments } from "@/server/adapters/model-runtime/python/environments";
import type { ObjectStore } from "@/server/adapters/object-store";
import type { Ctx } from "@/server/core/context";
import { sha256Hex } from "@/server/core/digest";
import { notifyLive } from "@/server/core/live";
import { createSlots } from "@/server/core/slots";
import type { ModelVersion } from "../load";
import { readMlmodel } from "./mlmodel";
import { NoEnvironment, requirementsOf } from "./python-requirements";
import type { StoredFile } from "./sources";
import { StoredTrial } from "./trial-schemas";
import { modelTopic, versionTopic } from "../kinds";

/** pip takes a processor and many connections for minutes: ten versions registered at once must not keep everything else from its turn. */
const inTurn = createSlots(2);

/** What the page of a version says while it has not been judged. */
async function say(ctx: Ctx, version: ModelVersion, stateText: string): Promise<void> {
  if (version.gateRunId !== null) return;
  await ctx.db.update(modelVersions).set({ stateText }).where(eq(modelVersions.id, version.id));
  await notifyLive(ctx.db, version.teamId, versionTopic(version.id), modelTopic(version.modelId));
}

/**
 * The environment of a version, locked once and for good, and built on this machine.
 * @throws NoEnvironment, or AppError `invalid`, with what is wrong with the requirements.
 */
export async function lockedEnvironment(
  ...asked: Parameters<typeof lockedEnvironmentNow>
): Promise<PythonEnvironment> {
  const [, ctx, , version] = asked;
  await say(ctx, version, "Waiting for its turn: its Python environment is built after those before it.");
  return inTurn(() => lockedEnvironmentNow(...asked));
}

async function lockedEnvironmentNow(
  environments: Pick<PythonEnvironments, "resolve" | "prepare">,
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion,
  files: readonly StoredFile[],
): Promise<PythonEnvironment> {
  const stored = StoredTrial.safeParse(version.evidence.trial);
  let locked = stored.data?.environment;
  if (!locked) {
    const model = await readMlmodel(store, files);
    if (!model?.python) throw new NoEnvironment("its MLmodel names no model that mlflow.pyfunc loads");
    const { text, python, isLock } = await requirementsOf(store, files, model.python);
    await say(ctx, version, "Finding the packages of its Python environment.");
    locked = isLock ? { lock: text, python } : await environments.resolve(text, python);
  }
  await say(ctx, version, "Building its Python environment.");
  await environments.prepare(locked);
  await say(ctx, version, "Trying the model.");
  return locked;
}

export const packagesOf = (lock: string): { name: string; version: string }[] =>
  lock
    .split("\n")
    .map((line) => /^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)/.exec(line))
    .flatMap((match) => (match?.[1] && match[2] ? [{ name: match[1], version: match[2] }] : []));

/** The trial's outcome with the environment that it speaks of; its lock is part of what people approve. */
export function withEnvironment<T extends { message: string }>(outcome: T, environment: PythonEnvironment) {
  const { lock, python } = environment;
  const where = `Python ${python}, ${packagesOf(lock).length} packages, lock sha256:${sha256Hex(lock).slice(0, 16)}…`;
  return { ...outcome, message: `${outcome.message} (${where})`, environment };
}
