const WORDS = "bytes of output were left out here: a log keeps its beginning and its end.";
const PATTERN = new RegExp(`^\\S+Z s (\\d+) ${WORDS}$`);
const MARK = Buffer.from(` ${WORDS}\n`);
const NEWLINE = 10;
/** Longer than the line is. */
const LINE_BYTES = 256;

/** What stands in a log for what was dropped from its middle. */
export const gapLine = (leftOutBytes: number, at: Date): Buffer =>
  Buffer.from(`${at.toISOString()} s ${leftOutBytes} ${WORDS}\n`);

/** Where the line lies in a log that was put together, and how many bytes it stands for. */
export interface LogGap {
  at: number;
  lengthBytes: number;
  leftOutBytes: number;
}

function gapIn(window: Buffer, windowAt: number): LogGap | undefined {
  for (let mark = window.indexOf(MARK); mark >= 0; mark = window.indexOf(MARK, mark + 1)) {
    const from = window.lastIndexOf(NEWLINE, mark) + 1;
    const end = mark + MARK.length;
    const leftOut = PATTERN.exec(window.toString("utf8", from, end - 1))?.[1];
    if (leftOut !== undefined)
      return { at: windowAt + from, lengthBytes: end - from, leftOutBytes: Number(leftOut) };
  }
  return undefined;
}

/** Finds the line in a whole log; a job cannot write one, since its own lines begin otherwise. */
export async function findGap(log: AsyncIterable<Uint8Array>): Promise<LogGap | undefined> {
  let kept = Buffer.alloc(0);
  let at = 0;
  for await (const chunk of log) {
    const window = Buffer.concat([kept, chunk]);
    const gap = gapIn(window, at);
    if (gap) return gap;
    kept = window.subarray(Math.max(0, window.length - LINE_BYTES));
    at += window.length - kept.length;
  }
  return undefined;
}

/** Where a byte, counted as it was written, lies in the log that was put together. */
export function storedAt(writtenByte: number, gap: LogGap | undefined): number {
  if (!gap || writtenByte <= gap.at) return writtenByte;
  const isLeftOut = writtenByte < gap.at + gap.leftOutBytes;
  return isLeftOut ? gap.at : writtenByte - gap.leftOutBytes + gap.lengthBytes;
}

/** The other way round: as which byte it was written. */
export function writtenAt(storedByte: number, gap: LogGap | undefined): number {
  if (!gap || storedByte <= gap.at) return storedByte;
  const isInLine = storedByte < gap.at + gap.lengthBytes;
  return isInLine ? gap.at : storedByte - gap.lengthBytes + gap.leftOutBytes;
}
