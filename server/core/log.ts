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

/** The process's logger: JSON lines on stdout; known secret fields are replaced before they are written. */
export const log = pino({
  level: process.env.LOG_LEVEL || "info",
  base: { process: process.env.MODELWORKS_PROCESS || "app" },
  redact: { paths: REDACTED, censor: "[redacted]" },
  timestamp: pino.stdTimeFunctions.isoTime,
});

export type Log = pino.Logger;
