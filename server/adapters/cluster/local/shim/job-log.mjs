// The one log of an attempt: `<ISO time> <o|s> <text>` a line, o for the job's output and s for the system's own words.
import { StringDecoder } from "node:string_decoder";
import { LogFiles } from "./log-files.mjs";

const LONGEST_LINE = 64 * 1024;
const SHORTEST_SECRET = 4;
const REPLACEMENT = "[redacted]";

/**
 * Strings to keep out of the log: each secret and each of its lines, longest first. What is shorter than four
 * characters is left: replacing it would destroy the log and hide nothing.
 * @param {string[]} secrets
 */
export function needlesOf(secrets) {
  const parts = secrets.flatMap((secret) => [
    secret.trim(),
    ...secret.split(/[\r\n]+/).map((line) => line.trim()),
  ]);
  return [...new Set(parts.filter((part) => part.length >= SHORTEST_SECRET))].sort(
    (a, b) => b.length - a.length,
  );
}

export class JobLog {
  /** @param {string} file @param {{ maxBytes: number, secrets: string[] }} options */
  constructor(file, { maxBytes, secrets }) {
    this.files = new LogFiles(file, maxBytes);
    this.needles = needlesOf(secrets);
    this.keepBack = Math.max(0, (this.needles[0]?.length ?? 0) - 1);
    this.decoder = new StringDecoder("utf8");
    this.partial = "";
  }

  /** The system's own words. @param {string} text */
  say(text) {
    for (const line of this.redact(text).split("\n")) this.writeLine("s", line);
  }

  /** Bytes of the job's output as they come; a line is written when it is complete. @param {Buffer} chunk */
  output(chunk) {
    // A carriage return ends a line too, as progress bars use it; one before a line feed belongs to that.
    const lines = (this.partial + this.decoder.write(chunk)).split(/\r?\n|\r(?!$)/);
    this.partial = lines.pop() ?? "";
    for (const line of lines) this.writeLine("o", this.redact(line));
    if (this.partial.length > LONGEST_LINE) {
      // Redact first, then hold back what may be the head of a secret still on its way.
      const safe = this.redact(this.partial);
      const cut = Math.max(0, safe.length - this.keepBack);
      this.writeLine("o", safe.slice(0, cut));
      this.partial = safe.slice(cut);
    }
  }

  /** Writes what is left of the last line. */
  flush() {
    const rest = (this.partial + this.decoder.end()).replace(/\r$/, "");
    this.partial = "";
    if (rest !== "") this.writeLine("o", this.redact(rest));
  }

  /** @param {string} text */
  redact(text) {
    let safe = text;
    for (const needle of this.needles) if (safe.includes(needle)) safe = safe.replaceAll(needle, REPLACEMENT);
    return safe;
  }

  /** @param {"o" | "s"} stream @param {string} line */
  writeLine(stream, line) {
    this.files.add(Buffer.from(`${new Date().toISOString()} ${stream} ${line}\n`));
  }
}
