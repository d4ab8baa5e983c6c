// Where a log lies: `log` holds its beginning; once that is full, what follows goes to files named by the byte at which they start, of
// which only the last are kept. Each is only ever added to, so that what a killed keeper leaves can be read as it lies.
import { closeSync, fstatSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import path from "node:path";

/** The part that is dropped when the next one begins; the end of a log is kept in this many and one more. */
const PARTS = 8;

/** @typedef {{ start: number, file: string }} LogPart */

/** The kept parts after the beginning, in order. @param {string} head @returns {LogPart[]} */
export function laterParts(head) {
  const prefix = `${path.basename(head)}.`;
  return readdirSync(path.dirname(head))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => ({ start: Number(name.slice(prefix.length)), file: path.join(path.dirname(head), name) }))
    .sort((a, b) => a.start - b.start);
}

/** The file that the next line of a log belongs to. @param {string} head */
export const lastPart = (head) => laterParts(head).at(-1)?.file ?? head;

/** Adds to a log of which half of `maxBytes` is the beginning and half the end. */
export class LogFiles {
  /** @param {string} head @param {number} maxBytes */
  constructor(head, maxBytes) {
    this.head = head;
    this.handle = openSync(head, "a", 0o600);
    this.leftBytes = Math.ceil(maxBytes / 2) - fstatSync(this.handle).size;
    this.partBytes = Math.ceil(maxBytes / 2 / PARTS);
    /** Counts what was dropped, too. */
    this.endsAt = fstatSync(this.handle).size;
  }

  /** One whole line. @param {Buffer} bytes */
  add(bytes) {
    if (bytes.length > this.leftBytes) this.beginPart();
    for (let sent = 0; sent < bytes.length;) sent += writeSync(this.handle, bytes, sent);
    this.leftBytes -= bytes.length;
    this.endsAt += bytes.length;
  }

  beginPart() {
    closeSync(this.handle);
    for (const { file } of laterParts(this.head).slice(0, -(PARTS - 1))) rmSync(file, { force: true });
    this.handle = openSync(`${this.head}.${this.endsAt}`, "a", 0o600);
    this.leftBytes = this.partBytes;
  }
}
