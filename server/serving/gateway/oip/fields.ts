import { clip } from "@/server/core/characters";
import { invalidField } from "@/server/core/errors";

export type Fields = Record<string, unknown>;

export const isRecord = (value: unknown): value is Fields =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** A value as a message shows it. */
export function shown(value: unknown): string {
  const text =
    JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? String(item) : item)) ??
    "nothing";
  return clip(text, 60);
}

export const within = (at: string, name: string): string => (at === "" ? name : `${at}.${name}`);

/** @throws AppError `invalid` that names the first field that is not known here. */
export function refuseUnknown(fields: Fields, known: ReadonlySet<string>, at: string): void {
  for (const name of Object.keys(fields))
    if (!known.has(name))
      throw invalidField(within(at, clip(name, 60)), `is not known here; there is ${[...known].join(", ")}`);
}

/** Fields of an object that may be left out. */
export function fieldsOf(value: unknown, at: string): Fields {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw invalidField(at, "must be an object");
  return value;
}

/** A flag that may be left out. */
export function flagOf(fields: Fields, name: string, at: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean")
    throw invalidField(within(at, name), `must be true or false, not ${shown(value)}`);
  return value;
}

/** A count that may be left out. */
export function countOf(fields: Fields, name: string, at: string, least: number): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least)
    throw invalidField(within(at, name), `must be a whole number of at least ${least}, not ${shown(value)}`);
  return value;
}
