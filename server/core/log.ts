import pino from "pino";

const REDACTED = [
  "password",
  "token",
  "secret",
  "authorization",
  "cookie",
  "*.password",
  "*.token",
  "*.secret",
  "*.authorization",
  "*.cookie",
  "req.headers.authorization",
  "req.headers.cookie",
  "headers.authorization",
  "headers.cookie",
];

/**
 * What a text of an error may tell: a failed query names its statement, not the values that were bound to it, which may be hashes,
 * tokens or people's data.
 */
export const withoutValues = (text: string): string =>
  text.replace(/\nparams: [\s\S]*$/, "\nparams: [left out]");

/** Of a stack, which holds the message of each cause: a value may itself look like the lines of a stack. */
function stackWithoutValues(stack: string, error: Error): string {
  let shown = stack;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const clean = withoutValues(at.message);
    if (clean !== at.message) shown = shown.replaceAll(at.message, clean);
  }
  return shown;
}

function serializeError(error: Error): pino.SerializedError {
  // The database driver hangs its whole connection on some errors.
  const { params: _values, client: _client, ...shown } = pino.stdSerializers.err(error);
  return { ...shown, message: withoutValues(shown.message), stack: stackWithoutValues(shown.stack, error) };
}

/** JSON lines; known secret fields are replaced before they are written. */
export const createLog = (sink?: pino.DestinationStream): pino.Logger =>
  pino(
    {
      level: process.env.LOG_LEVEL || "info",
      base: { process: process.env.MODELWORKS_PROCESS || "app" },
      serializers: { err: (error: unknown) => (error instanceof Error ? serializeError(error) : error) },
      redact: { paths: REDACTED, censor: "[redacted]" },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    sink ?? pino.destination(1),
  );

/** The process's logger. */
export const log = createLog();

export type Log = pino.Logger;
