import { exactJsonText } from "@/server/core/exact-json";
import { clip } from "@/server/core/characters";
import type { PublicError } from "@/server/core/errors";
import type { Params } from "./wire";

/** Names that the protocol has for what our verbs call differently; the rest differ by camel case alone. */
const WIRE_NAME: Record<string, string> = { startMs: "start_time", endMs: "end_time", userName: "user_id" };
/** What the rpcs that log one thing put into a list of one. */
const SINGLE = /^(?:metrics|params|tags|pairs)\.0\.(.+)$/;

const snake = (name: string) =>
  WIRE_NAME[name] ?? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function valueAt(params: unknown, path: readonly string[]): unknown {
  let value = params;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === part)?.[1];
  }
  return value;
}

const MAX_SHOWN = 300;
function shown(value: unknown): string {
  return clip(exactJsonText(value), MAX_SHOWN);
}

/** What is missing, as the protocol's own server says it; its clients' tests and scripts look for these words. */
const NOT_FOUND: Record<string, (id: string) => string> = {
  run: (id) => `Run with id=${id} not found`,
  experiment: (id) =>
    /^\d+$/.test(id) ? `No Experiment with id=${id} exists` : `Could not find experiment with name '${id}'`,
  tag: (key) => `No tag with name: ${key}`,
  "logged model": (id) => `Logged model with ID '${id}' not found`,
  "registered model": (name) => `Registered Model with name=${name} not found`,
  "model version": (id) => `Model Version (name=${id.replace(/ (\d+)$/, ", version=$1")}) not found`,
  "model alias": (alias) => `Registered model alias ${alias} not found`,
};

function inItsWords({ code, message, details }: PublicError): string {
  if (code !== "not_found" || typeof details?.kind !== "string") return message;
  return NOT_FOUND[details.kind]?.(String(details.id)) ?? message;
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/**
 * An error in the protocol's own words: a field that a verb refused becomes "Invalid value … for parameter '…' supplied", with the name and
 * the value that the client sent. Everything else keeps its message and its next step.
 */
export function messageInWords(error: PublicError, params: Params): string {
  const [refused] = Object.entries(error.details?.fields ?? {});
  if (!refused || !error.message.startsWith(`${refused[0]}: `)) {
    const message = inItsWords(error);
    return error.hint ? `${sentence(message)} ${error.hint}` : message;
  }
  const [field, problem] = refused;
  if (problem.startsWith("A batch logging request")) return problem;
  const single = SINGLE.exec(field)?.[1];
  const list = field.split(".")[0] ?? "";
  const path = (single && params[list] === undefined ? single : field).split(".").map(snake);
  const name = path.reduce((text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : `${text}.${part}`));
  const value = valueAt(params, path);
  if (value === undefined || value === null)
    return `Missing value for required parameter '${name}'. It ${sentence(problem)}`;
  if (name === "version")
    return `Parameter 'version' must be an integer, got '${String(value)}'. It ${sentence(problem)}`;
  return `Invalid value ${shown(value)} for parameter '${name}' supplied: ${sentence(problem)}`;
}
