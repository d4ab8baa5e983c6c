// The one log of an attempt: `<ISO time> <o|s> <text>` a line, o for the job's output and s for the system's own words.
import { openSync, writeSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";

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
    this.handle = openSync(file, "a", 0o600);
    this.leftBytes = maxBytes;
    this.maxBytes = maxBytes;
    this.needles = needlesOf(secrets);
    this.keepBack = Math.max(0, (this.needles[0]?.length ?? 0) - 1);
    this.decoder = new StringDecoder("utf8");
    this.partial = "";
    this.truncated = false;
  }

  /** The system's own words; never cut off. @param {string} text */
  say(text) {
    for (const line of this.redact(text).split("\n")) this.writeLine("s", line);
  }

  /** Bytes of the job's output as they come; a line is written when it is complete. @param {Buffer} chunk */
  output(chunk) {
    // A carriage return ends a line too, as progress bars use it; one before a line feed belongs to that.
    const lines = (this.partial + this.decoder.write(chunk)).split(/\r?\n|\r(?!$)/);
    this.partial = lines.pop() ?? "";
    for (const line of lines) this.writeOutput(this.redact(line));
    if (this.partial.length > LONGEST_LINE) {
      // Redact first, then hold back what may be the head of a secret still on its way.
      const safe = this.redact(this.partial);
      const cut = Math.max(0, safe.length - this.keepBack);
      this.writeOutput(safe.slice(0, cut));
      this.partial = safe.slice(cut);
    }
  }

  /** Writes what is left of the last line. */
  flush() {
    const rest = (this.partial + this.decoder.end()).replace(/\r$/, "");
    this.partial = "";
    if (rest !== "") this.writeOutput(this.redact(rest));
  }

  /** @param {string} text */
  redact(text) {
    let safe = text;
    for (const needle of this.needles) if (safe.includes(needle)) safe = safe.replaceAll(needle, REPLACEMENT);
    return safe;
  }

  /** @param {string} line */
  writeOutput(line) {
    if (this.truncated) return;
    this.leftBytes -= Buffer.byteLength(line) + 28;
    if (this.leftBytes < 0) {
      this.truncated = true;
      this.say(
        `The log reached its limit of ${Math.round(this.maxBytes / 2 ** 20)} MiB; later output is not kept.`,
      );
      return;
    }
    this.writeLine("o", line);
  }

  /** @param {"o" | "s"} stream @param {string} line */
  writeLine(stream, line) {
    const bytes = Buffer.from(`${new Date().toISOString()} ${stream} ${line}\n`);
    for (let sent = 0; sent < bytes.length;) sent += writeSync(this.handle, bytes, sent);
  }
}
