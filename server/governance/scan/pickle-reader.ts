import { PickleError } from "./pickle-items";
import type { Opcode } from "./pickle-opcodes";
import type { FileSource } from "./source";

const PAGE_BYTES = 64 * 1024;

/** Where an argument lies. Long ones are never read. */
export interface Span {
  start: number;
  length: number;
}

/** Reads opcodes and their arguments page by page; anything that reaches past the end is an error. */
export class PickleReader {
  readonly source: FileSource;
  offset: number;
  #page: Buffer = Buffer.alloc(0);
  #pageStart = 0;

  constructor(source: FileSource, offset = 0) {
    this.source = source;
    this.offset = offset;
  }

  get left(): number {
    return this.source.size - this.offset;
  }

  /** The next byte, or undefined at the end. */
  byte(): number | undefined {
    if (this.offset >= this.source.size) return undefined;
    this.#turnTo(this.offset);
    const byte = this.#page[this.offset - this.#pageStart];
    this.offset += 1;
    return byte;
  }

  argument({ argument }: Opcode): Span[] {
    if (argument === "none") return [];
    if (argument === "line") return [this.#line()];
    if (argument === "two-lines") return [this.#line(), this.#line()];
    if ("bytes" in argument) return [this.skip(argument.bytes)];
    const head = this.bytes(this.skip(argument.prefix));
    const length =
      argument.prefix === 1
        ? head.readUInt8(0)
        : argument.prefix === 8
          ? Number(head.readBigUInt64LE(0))
          : argument.signed === true
            ? head.readInt32LE(0)
            : head.readUInt32LE(0);
    if (length < 0) throw new PickleError("a length is negative");
    return [this.skip(length)];
  }

  skip(length: number): Span {
    if (!(this.offset + length <= this.source.size)) throw new PickleError("it is cut off");
    const span = { start: this.offset, length };
    this.offset += length;
    return span;
  }

  bytes({ start, length }: Span): Buffer {
    if (length > PAGE_BYTES) return this.source.read(start, length);
    if (length === 0) return Buffer.alloc(0);
    this.#turnTo(start);
    const from = start - this.#pageStart;
    if (from + length <= this.#page.length) return this.#page.subarray(from, from + length);
    return this.source.read(start, length);
  }

  #turnTo(offset: number): void {
    if (offset >= this.#pageStart && offset < this.#pageStart + this.#page.length) return;
    this.#page = this.source.read(offset, Math.min(PAGE_BYTES, this.source.size - offset));
    this.#pageStart = offset;
  }

  #line(): Span {
    const start = this.offset;
    for (let at = start; at < this.source.size; at = this.#pageStart + this.#page.length) {
      this.#turnTo(at);
      const end = this.#page.indexOf(0x0a, at - this.#pageStart);
      if (end < 0) continue;
      this.offset = this.#pageStart + end + 1;
      return { start, length: this.offset - 1 - start };
    }
    // Python's own unpickler takes the last character for the line's end and goes on.
    this.offset = this.source.size;
    return { start, length: Math.max(0, this.offset - 1 - start) };
  }
}
