import type { PublicError } from "@/server/core/errors";

/** A server's error with its field names as the form knows them. */
export function renameFields(error: PublicError, names: Readonly<Record<string, string>>): PublicError {
  const fields = Object.entries(error.details?.fields ?? {});
  return {
    ...error,
    details: {
      ...error.details,
      fields: Object.fromEntries(fields.map(([name, text]) => [names[name] ?? name, text])),
    },
  };
}
