import type { FileSource } from "./source";

const BLOCK_BYTES = 512;
const SUM_START = 148;
const SUM_END = 156;

/** Whether the first block is a tar header: its checksum, in octal, is that of its bytes. Old ones have no other mark. */
export function looksLikeTar(source: FileSource): boolean {
  if (source.size < BLOCK_BYTES) return false;
  const block = source.read(0, BLOCK_BYTES);
  const stated = /^[\0 ]*([0-7]{1,8})[\0 ]*$/.exec(
    block.subarray(SUM_START, SUM_END).toString("latin1"),
  )?.[1];
  if (stated === undefined) return false;
  let [unsigned, signed] = [0, 0];
  for (const [at, byte] of block.entries()) {
    const value = at >= SUM_START && at < SUM_END ? 0x20 : byte;
    unsigned += value;
    signed += value > 127 ? value - 256 : value;
  }
  const sum = Number.parseInt(stated, 8);
  return sum === unsigned || sum === signed;
}
