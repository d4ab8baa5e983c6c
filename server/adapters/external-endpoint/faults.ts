import { firstCharacters } from "@/server/core/characters";
import { AppError, invalid } from "@/server/core/errors";

const MAX_REASON_CHARACTERS = 300;
const MAX_MESSAGE_CHARACTERS = 1_000;

/** Words of the far end among ours, such as the names of its tensors, in one line: they stand in errors, alerts and notices. */
export const oneLine = (text: string, max = MAX_REASON_CHARACTERS): string =>
  firstCharacters(text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim(), max);

/** A secret as it is and as JSON has it, longest first. */
const formsOf = (secrets: readonly string[]): string[] =>
  secrets
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .toSorted((a, b) => b.length - a.length);

/** Whether what the far end sent holds a secret. */
export const tells = (body: Buffer, secrets: readonly string[]): boolean =>
  formsOf(secrets).some((form) => body.includes(form));

/** What the far end wrote, for people: bounded, in one line, and without any of the words that must stay secret. */
export function inWords(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const form of formsOf(secrets)) if (form.length >= 4) clean = clean.replaceAll(form, "[redacted]");
  return oneLine(clean);
}

const OWNERS = "The fault lies at the endpoint; the model's owners see it among the deployment's errors.";

/** A fault of the model elsewhere: never the caller's. */
export const farFault = (message: string) =>
  new AppError("internal", `The external endpoint failed: ${oneLine(message, MAX_MESSAGE_CHARACTERS)}`, {
    hint: OWNERS,
  });

/** It could not be asked at all. */
export class Unreachable extends AppError {
  constructor(message: string) {
    super("internal", `The external endpoint cannot be reached: ${message}`, { hint: OWNERS });
  }
}

export const farTooLate = (deadlineMs: number, inQueue: boolean) =>
  new AppError(
    "timed_out",
    inQueue
      ? `The request waited ${Math.round(deadlineMs)} ms behind others and was given up.`
      : `The external endpoint took longer than ${Math.round(deadlineMs)} ms.`,
    {
      hint: "Send fewer rows at once, or raise the endpoint's timeout and the latency bound in the contract.",
    },
  );

export const farBusy = () =>
  new AppError("unavailable", "Too many requests wait for the external endpoint.", {
    hint: "Send it again in a moment, and fewer at once.",
    details: { retryAfterSeconds: 1 },
  });

export const farAway = (reason: string, waitMs: number) =>
  new AppError(
    "unavailable",
    `The external endpoint does not answer: ${oneLine(reason, MAX_MESSAGE_CHARACTERS)}`,
    {
      hint: "Send the request again later.",
      details: { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) },
    },
  );

export const farRefusal = (message: string) =>
  invalid(
    `The external endpoint refuses the inputs: ${message}`,
    "Compare the values with what the model is made for.",
  );

/** The endpoint as it is written down cannot be used here. */
export const notAllowed = (message: string, hint: string) => invalid(message, hint);
