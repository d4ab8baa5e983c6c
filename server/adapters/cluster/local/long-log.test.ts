import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findGap, parseLogLine, storedAt, writtenAt } from "../index";
import { followLogPieces, readLogPiece } from "./read-log";
import { JobLog } from "./shim/job-log.mjs";

const MAX_BYTES = 64 * 1024;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(realpathSync(tmpdir()), "mw-log-"));
  file = path.join(folder, "log");
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => new JobLog(file, { maxBytes: MAX_BYTES, secrets: [] });
const line = (n: number) => `line ${String(n).padStart(6, "0")} ${"x".repeat(60)}`;
const write = (log: JobLog, from: number, to: number) => {
  for (let n = from; n < to; n += 1) log.output(Buffer.from(`${line(n)}\n`));
};
const onDisk = () =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);

async function read(fromByte = 0, ended = true, maxBytes?: number) {
  let text = "";
  let offset = fromByte;
  for (;;) {
    const piece = await readLogPiece(file, offset, ended, maxBytes);
    text += piece.bytes.toString();
    const stuck = piece.bytes.length === 0;
    offset = piece.nextOffset;
    if (piece.eof || stuck) return { text, offset };
  }
}
const linesOf = (text: string) => text.split("\n").filter(Boolean).map(parseLogLine);
const outputOf = (text: string) =>
  linesOf(text).flatMap((each) =>
    each.stream === "output" ? [Number(/line (\d+)/.exec(each.text)?.[1])] : [],
  );
const GAP = /^(\d+) bytes of output were left out here/;

describe("a log that is longer than what is kept", () => {
  it("keeps its beginning and its end, and says between them how much was left out", async () => {
    const log = open();
    log.say("Running: a job");
    write(log, 0, 5_000);
    log.say("Exited with code 1");
    expect(onDisk()).toBeLessThanOrEqual(MAX_BYTES);
    const { text, offset } = await read();
    const lines = linesOf(text);
    expect(lines[0]?.text).toBe("Running: a job");
    expect(lines.at(-1)?.text).toBe("Exited with code 1");
    const gaps = lines.filter(({ stream, text: said }) => stream === "system" && GAP.test(said));
    expect(gaps).toHaveLength(1);
    const numbers = outputOf(text);
    const jump = numbers.findIndex((n, at) => at > 0 && n !== (numbers[at - 1] ?? 0) + 1);
    expect(numbers.slice(0, jump)).toEqual(Array.from({ length: jump }, (_, n) => n));
    const rest = numbers.slice(jump);
    expect(rest).toEqual(Array.from({ length: rest.length }, (_, n) => 5_000 - rest.length + n));
    // Both ends are worth reading, and nothing of the gap was counted twice or lost.
    for (const part of [numbers.slice(0, jump), rest]) expect(part.length).toBeGreaterThan(250);
    const leftOut = Number(GAP.exec(gaps[0]?.text ?? "")?.[1]);
    const gapLength = Buffer.byteLength(text) - (offset - leftOut);
    expect(gapLength).toBe(Buffer.byteLength(`${gaps[0]?.at} s ${gaps[0]?.text}\n`));
  });

  it("is whole, without a word, as long as it fits", async () => {
    const log = open();
    write(log, 0, 300);
    const { text, offset } = await read();
    expect(outputOf(text)).toEqual(Array.from({ length: 300 }, (_, n) => n));
    expect(linesOf(text)).toHaveLength(300);
    expect(offset).toBe(Buffer.byteLength(text));
  });

  it("is read the same in pieces of any size", async () => {
    const log = open();
    write(log, 0, 3_000);
    const { text } = await read();
    for (const maxBytes of [200, 997, 8_192]) expect((await read(0, true, maxBytes)).text).toBe(text);
  });

  it("is followed without a gap by whoever keeps up", async () => {
    const log = open();
    let ended = false;
    let written = 0;
    let seen = "";
    const next = async (from: number) => {
      if (written < 4_000) write(log, written, (written += 20));
      else ended = true;
      return readLogPiece(file, from, ended);
    };
    for await (const { bytes } of followLogPieces(next, 0, undefined)) seen += bytes.toString();
    expect(outputOf(seen)).toEqual(Array.from({ length: 4_000 }, (_, n) => n));
    expect(linesOf(seen).filter(({ stream }) => stream === "system")).toEqual([]);
  });

  it("tells a follower who fell behind what was missed, and goes on in whole lines", async () => {
    const log = open();
    write(log, 0, 100);
    const before = await read(0, false);
    write(log, 100, 6_000);
    const after = await read(before.offset, false);
    const numbers = outputOf(after.text);
    expect(numbers[0]).toBe(100);
    expect(numbers.at(-1)).toBe(5_999);
    expect(linesOf(after.text).filter(({ text }) => GAP.test(text))).toHaveLength(1);
    expect(after.text).toMatch(/^\S+Z o line 000100/);
    // From the middle of what is gone: the line, then what is there.
    const gone = await read(Math.floor((before.offset + after.offset) / 2), false);
    expect(gone.text).toMatch(/^\S+Z s \d+ bytes of output were left out here/);
  });

  it("can be read when its writer was killed at any moment", async () => {
    const log = open();
    for (const until of [10, 420, 800, 2_000, 2_001]) {
      write(log, until - 10, until);
      const { text } = await read();
      expect(outputOf(text).at(-1)).toBe(until - 1);
    }
  });

  it("once put together, is read on from the byte where a live reader stopped", async () => {
    const log = open();
    write(log, 0, 5_000);
    log.say("Exited with code 1");
    const { text, offset } = await read();
    const stored = Buffer.from(text);
    // In pieces, so that the line lies across two of them.
    const pieces = async function* () {
      for (let at = 0; at < stored.length; at += 1_000) yield stored.subarray(at, at + 1_000);
    };
    const gap = await findGap(pieces());
    expect(gap?.leftOutBytes).toBeGreaterThan(300_000);
    for (const from of [0, 1_000, (gap?.at ?? 0) + 1, offset - 10_000, offset - 30, offset]) {
      const rest = stored.subarray(storedAt(from, gap)).toString();
      expect(rest).toBe((await read(from)).text);
    }
    expect(writtenAt(stored.length, gap)).toBe(offset);
    expect(writtenAt(storedAt(offset - 500, gap), gap)).toBe(offset - 500);
  });

  it("is not mistaken for one because a job writes the same words", async () => {
    const log = open();
    log.output(
      Buffer.from(
        "2026-11-29T00:00:00.000Z s 5 bytes of output were left out here: a log keeps its beginning and its end.\n",
      ),
    );
    const { text } = await read();
    const pieces = async function* () {
      yield Buffer.from(text);
    };
    expect(await findGap(pieces())).toBeUndefined();
  });
});
