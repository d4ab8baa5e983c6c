import type { Opcode } from "./pickle-opcodes";
import { PickleError } from "./pickle-text";

/** Reads opcodes' arguments; anything that reaches past the end is an error. */
export class PickleReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next byte, or undefined at the end. */
  byte(): number | undefined {
    const byte = this.#bytes[this.#at];
    this.#at += 1;
    return byte;
  }

  argument({ argument }: Opcode): Buffer[] {
    if (argument === "none") return [];
    if (argument === "line") return [this.#line()];
    if (argument === "two-lines") return [this.#line(), this.#line()];
    if ("bytes" in argument) return [this.#take(argument.bytes)];
    const head = this.#take(argument.prefix);
    const length =
      argument.prefix === 1
        ? head.readUInt8(0)
        : argument.prefix === 8
          ? Number(head.readBigUInt64LE(0))
          : argument.signed === true
            ? head.readInt32LE(0)
            : head.readUInt32LE(0);
    if (length < 0) throw new PickleError("a length is negative");
    return [this.#take(length)];
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new PickleError("the file is cut off");
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  #line(): Buffer {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw new PickleError("a line has no end");
    const line = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    return line;
  }
}
