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
  text.replace(/\nparams: [\s\S]*?(?=\n {4}at |$)/g, "\nparams: [left out]");

function serializeError(error: Error): pino.SerializedError {
  // The database driver hangs its whole connection on some errors.
  const { params: _values, client: _client, ...shown } = pino.stdSerializers.err(error);
  return { ...shown, message: withoutValues(shown.message), stack: withoutValues(shown.stack) };
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
