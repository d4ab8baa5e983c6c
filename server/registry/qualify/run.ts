import type { ObjectStore } from "@/server/adapters/object-store";
import type { Ctx } from "@/server/core/context";
import { isAppError } from "@/server/core/errors";
import {
  collect,
  failVersion,
  judge,
  qualifiable,
  readyBeforeGates,
  sealAndScan,
  tryModel,
  unusable,
  type Qualification,
} from "./qualify-version";

/** Runs one recorded step; a plain call outside of a workflow. */
export type Step = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** What a step leaves behind that found its version deleted meanwhile. */
const IS_GONE = { versionIsGone: true };
class Gone extends Error {}

const isGone = <T>(result: T | typeof IS_GONE): result is typeof IS_GONE =>
  typeof result === "object" && result !== null && "versionIsGone" in result;

/** A version may be deleted while it is qualified: its steps then end, instead of failing. */
const untilGone =
  (step: Step): Step =>
  async (name, work) => {
    const result = await step(name, async () => {
      try {
        return await work();
      } catch (error) {
        if (isAppError(error) && error.details?.kind === "model version") return IS_GONE;
        throw error;
      }
    });
    if (isGone(result)) throw new Gone();
    return result;
  };

/**
 * Takes a version from registered to judged: seal, scan, collect, try, judge. Every step finds what an earlier try has done, so it may be
 * repeated from the start or from any step.
 * @returns the gates' outcome, `waiting` for the source run's end, `failed`, or `gone`.
 */
export async function qualify(
  ctx: Ctx,
  store: ObjectStore,
  input: Qualification,
  recorded: Step,
): Promise<string> {
  try {
    return await qualifyThere(ctx, store, input, untilGone(recorded));
  } catch (error) {
    if (error instanceof Gone) return "gone";
    throw error;
  }
}

async function qualifyThere(ctx: Ctx, store: ObjectStore, input: Qualification, step: Step): Promise<string> {
  const state = await step("load", async () => (await qualifiable(ctx, input.versionId))?.state ?? null);
  if (state === null) return "gone";
  if (state === "failed") return "failed";
  const unsafe = await step("seal", () => unusable(() => sealAndScan(ctx, store, input.versionId)));
  if (unsafe !== null) {
    await step("fail", () => failVersion(ctx, input.versionId, unsafe));
    return "failed";
  }
  if (input.storedEvidence) {
    // A version that an earlier release judged was never tried; one that was is not tried again.
    await step("try", () => tryModel(ctx, store, input.versionId));
    return step("judge", () => judge(ctx, input));
  }
  const collected = await step("collect", async () => {
    let found = { runEnded: false, needsPackages: false };
    const reason = await unusable(async () => {
      found = await collect(ctx, store, input.versionId);
    });
    return { reason, ...found };
  });
  const { reason, runEnded, needsPackages } = collected;
  if (reason !== null) {
    await step("fail", () => failVersion(ctx, input.versionId, reason));
    return "failed";
  }
  if (!runEnded && !input.force) {
    await step("wait", () => readyBeforeGates(ctx, input.versionId, "when the source run has ended"));
    return "waiting";
  }
  // Packages may take minutes to install, and a client waits for the version.
  if (needsPackages)
    await step("wait", () => readyBeforeGates(ctx, input.versionId, "when the model has been tried"));
  await step("try", () => tryModel(ctx, store, input.versionId));
  return step("judge", () => judge(ctx, input));
}
