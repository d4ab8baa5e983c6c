import { firstCharacters } from "@/server/core/characters";
import { AppError, invalid } from "@/server/core/errors";
import type { ModelHealth, ModelSignature, Tensor } from "../port";
import { emptyOf, shapeText } from "../tensor";

/** Requests on their way to one process at once; it works on the first, the others save it the wait for the next. */
export const DEPTH = 16;
/** A larger request travels alone. */
export const SMALL_FRAME_BYTES = 64 * 1024;
export const MAX_QUEUED = 256;
export const MAX_QUEUED_BYTES = 64 * 1024 ** 2;
/** How long a process may still be at work on a request that was given up. */
export const GRACE_MS = 1_000;
/** For what every process does at once. */
export const UNLOAD_MS = 60_000;
export const WATCH_MS = 200;

const RESTART_MS = [0, 250, 1_000, 4_000, 15_000, 30_000];
const REMEMBER_MS = 5 * 60_000;
const LOOP_WINDOW_MS = 60_000;
const LOOP_DEATHS = 3;
/** So long without a death ends the talk of a loop. */
export const CALM_MS = 30_000;

/** The deaths that still count at `nowMs`. */
export const recentDeaths = (deathsMs: readonly number[], nowMs: number): number[] =>
  deathsMs.filter((atMs) => nowMs - atMs < REMEMBER_MS);

/** How long to wait before the next start: at first nothing, then longer each time. */
export const restartDelayMs = (deaths: number): number =>
  RESTART_MS[Math.min(deaths, RESTART_MS.length) - 1] ?? 0;

export const isLooping = (deathsMs: readonly number[], nowMs: number): boolean =>
  deathsMs.filter((atMs) => nowMs - atMs < LOOP_WINDOW_MS).length >= LOOP_DEATHS;

const MAX_REASON_CHARACTERS = 600;

/** What a runtime says, for people outside: without places on this machine, and bounded. */
export const inWords = (message: string): string =>
  firstCharacters(
    message
      .replaceAll(/\S*onnxruntime_src\S*(?: [^()]*\([^)]*\))?/g, "")
      .replaceAll(/(?:\/[\w.@+~-]+){2,}\/?(?::\d+)?/g, "…")
      .replaceAll("std::bad_alloc", "it asked for more memory than it may have")
      .replaceAll(/\s+/g, " ")
      .trim(),
    MAX_REASON_CHARACTERS,
  );

export const modelFault = (message: string) =>
  new AppError("internal", `The model failed: ${message}`, {
    hint: "The fault lies in the model, or in values that it does not expect; its owners see it among the deployment's errors.",
  });

export const tooLate = (deadlineMs: number, inQueue: boolean) =>
  new AppError(
    "timed_out",
    inQueue
      ? `The request waited ${deadlineMs} ms behind others and was given up.`
      : `The model took longer than ${deadlineMs} ms.`,
    { hint: "Send fewer rows at once, or raise the latency bound in the model's contract." },
  );

export const queueFull = () =>
  new AppError("unavailable", "Too many requests wait for this model.", {
    hint: "Send it again in a moment, and fewer at once.",
    details: { retryAfterSeconds: 1 },
  });

export const restarting = (reason: string, waitMs: number) =>
  new AppError("unavailable", `The model is being started again: ${reason}.`, {
    hint: "Send the request again later.",
    details: { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) },
  });

export const notLoaded = () =>
  new AppError("unavailable", "The model is not loaded any more.", {
    hint: "Send the request again.",
    details: { retryAfterSeconds: 1 },
  });

export const refusedInputs = (message: string) =>
  invalid(
    `The request cannot be given to the model: ${message}.`,
    "Compare the inputs with the model's metadata.",
  );

/** What a request without rows lacks, in words: values, or every one of the inputs that may be left out. */
export function lackOf(inputs: readonly Tensor[], signature: ModelSignature): string | undefined {
  const empty = emptyOf(inputs);
  if (empty) return `The input ${empty.name} holds no values (its shape is ${shapeText(empty.shape)})`;
  return inputs.length === 0 && signature.inputs.length > 0 ? "The request holds no input" : undefined;
}

/** Some models answer no rows with no rows. That another cannot is no fault of it, nor of what was deployed. */
export const refusedEmpty = (lack: string, message: string) =>
  invalid(`${lack}, and the model has no answer to that: ${message}`, "Send at least one row.");

export const refusedFile = (message: string) => invalid(inWords(message));

export const healthIs = (
  before: ModelHealth | undefined,
  state: ModelHealth["state"],
  reason: string,
): ModelHealth => ({
  state,
  reason,
  sinceMs: before?.state === state ? before.sinceMs : Date.now(),
});
