import type { RawArray } from "./numpy-dtype";
import { PickleCalls, type PickleReading } from "./pickle-calls";
import { type Item, OTHER, PickleError, PickleLimit } from "./pickle-items";
import { PickleMemory } from "./pickle-memory";
import { PickleNotes } from "./pickle-notes";
import { stepNumber } from "./pickle-numbers";
import { OPCODES, type Opcode } from "./pickle-opcodes";
import { PickleReader, type Span } from "./pickle-reader";
import { stepStack } from "./pickle-stack";
import { MAX_NAME_BYTES, nameText, stringLine, textItem, unicodeLine } from "./pickle-text";
import type { PickleWalk } from "./pickle-walk";
import { bytesSource, type FileSource } from "./source";

const MAX_OPCODES = 200_000_000;
const MAX_SIDE_OPCODES = 1_000_000;

interface WalkOptions {
  /** Whether the reader would be joblib, which stores arrays between the opcodes. */
  arrays?: boolean;
  start?: number;
  /** What an unpickler remembers that read other pickles before. */
  memory?: PickleMemory;
}

/**
 * Walks the opcodes of a pickle and follows stack and memo far enough to name every import. Nothing is executed, no
 * object is made. Where Python would go on, the walk goes on; where it ends early, `problem` says why.
 */
export function walkPickle(input: FileSource | Uint8Array, options: WalkOptions = {}): PickleWalk {
  const source = input instanceof Uint8Array ? bytesSource(input) : input;
  const reader = new PickleReader(source, options.start ?? 0);
  const reading = options.arrays === false ? "plain" : "joblib";
  return new PickleMachine(reader, options.memory ?? new PickleMemory(), reading).run(MAX_OPCODES);
}

class PickleMachine {
  readonly #notes = new PickleNotes();
  readonly #reader: PickleReader;
  readonly #memory: PickleMemory;
  readonly #calls: PickleCalls;
  readonly #start: number;
  #frameEnd = 0;
  #sideOpcodes = MAX_SIDE_OPCODES;

  constructor(reader: PickleReader, memory: PickleMemory, reading: PickleReading) {
    this.#reader = reader;
    this.#memory = memory;
    this.#calls = new PickleCalls(memory, this.#notes, reading);
    this.#start = reader.offset;
  }

  run(maxOpcodes: number): PickleWalk {
    try {
      while (this.#notes.walk.end === undefined) {
        if (this.#notes.walk.opcodes >= maxOpcodes) throw new PickleLimit("it has too many opcodes");
        this.#notes.walk.opcodes += 1;
        this.#next();
      }
    } catch (error) {
      if (!(error instanceof PickleError)) throw error;
      if (error instanceof PickleLimit) this.#notes.remark("limit");
      this.#notes.walk.problem = { why: error.message, offset: this.#notes.at };
    }
    return this.#notes.walk;
  }

  #next(): void {
    this.#notes.at = this.#reader.offset;
    const byte = this.#reader.byte();
    const opcode = OPCODES.get(byte ?? -1);
    if (opcode === undefined)
      throw new PickleError(byte === undefined ? "it is cut off" : `0x${byte.toString(16)} is no opcode`);
    const spans = this.#reader.argument(opcode);
    const inFrame = this.#notes.at < this.#frameEnd;
    if (inFrame && (this.#reader.offset > this.#frameEnd || opcode.name === "FRAME"))
      this.#notes.remark("frame");
    if (opcode.name !== "STOP") return this.#step(opcode, spans);
    this.#memory.pop();
    if (!this.#memory.isEmpty()) this.#notes.remark("left-over");
    if (inFrame && this.#frameEnd !== this.#reader.offset) this.#notes.remark("frame");
    this.#notes.walk.end = this.#reader.offset;
  }

  #step({ name }: Opcode, [first = NOWHERE, second = NOWHERE]: Span[]): void {
    const memory = this.#memory;
    switch (name) {
      case "PROTO":
        if ((this.#reader.bytes(first)[0] ?? 255) > 5) throw new PickleError("its protocol is unknown");
        if (this.#notes.at !== this.#start) this.#notes.remark("late-proto");
        return;
      case "FRAME":
        this.#frameEnd = this.#reader.offset + Number(this.#reader.bytes(first).readBigUInt64LE(0));
        if (this.#frameEnd > this.#reader.source.size) this.#notes.remark("frame");
        return;
      case "SHORT_BINUNICODE":
      case "BINUNICODE":
      case "BINUNICODE8":
      case "UNICODE":
      case "STRING":
        return memory.push(this.#text(name, first));
      case "BINSTRING":
      case "SHORT_BINSTRING":
        this.#notes.nested(this.#reader, first);
        return memory.push(this.#text(name, first));
      case "BINBYTES":
      case "SHORT_BINBYTES":
      case "BINBYTES8":
      case "BYTEARRAY8":
        this.#notes.nested(this.#reader, first);
        return memory.push({ kind: "bytes", span: first });
      case "GLOBAL":
        return memory.push(this.#notes.import(this.#name(first), this.#name(second)));
      case "INST":
        return this.#calls.instance(this.#notes.import(this.#name(first), this.#name(second)));
      case "STACK_GLOBAL":
        return this.#stackGlobal();
      case "BUILD": {
        const array = this.#calls.build();
        return array === undefined ? undefined : this.#readArray(array);
      }
      case "EXT1":
      case "EXT2":
      case "EXT4":
        this.#notes.remark("extension");
        return memory.push(OTHER);
      case "NEXT_BUFFER":
      case "READONLY_BUFFER":
        throw new PickleError("it needs buffers from outside the file");
      case "PERSID":
      case "BINPERSID":
        this.#notes.remark("persistent-id");
        if (name === "BINPERSID") memory.pop();
        return memory.push(OTHER);
      default:
        return first === NOWHERE
          ? stepStack(memory, this.#calls, name)
          : stepNumber(memory, name, this.#reader.bytes(first));
    }
  }

  #text(name: string, span: Span): Item {
    if (span.length > MAX_NAME_BYTES) return OTHER;
    const bytes = this.#reader.bytes(span);
    return name === "UNICODE" ? unicodeLine(bytes) : name === "STRING" ? stringLine(bytes) : textItem(bytes);
  }

  #name(span: Span): string {
    if (span.length > MAX_NAME_BYTES) throw new PickleLimit("an import's name is too long");
    return nameText(this.#reader.bytes(span));
  }

  /** Continues after the raw numbers, as joblib does, and also right at them, as the plain unpickler would. */
  #readArray({ objects, bytes, padded }: RawArray): void {
    this.#notes.walk.arrays += 1;
    if (this.#reader.offset < this.#frameEnd) this.#notes.remark("frame");
    const side = new PickleMachine(
      new PickleReader(this.#reader.source, this.#reader.offset),
      this.#memory.fork(),
      "aside",
    ).run(Math.max(1, this.#sideOpcodes));
    this.#sideOpcodes -= side.opcodes;
    if (this.#sideOpcodes <= 0) throw new PickleLimit("its numbers can be read as too many opcodes");
    if (objects) this.#readObjects();
    else {
      if (side.imports.length > 0 || side.remarks.has("computed-import"))
        this.#notes.remark("numbers-as-opcodes");
      if (padded) this.#reader.skip(this.#reader.byte() ?? 0);
      this.#reader.skip(bytes);
    }
    this.#memory.pop();
    this.#memory.push(OTHER);
  }

  /** An array of Python objects is a pickle of its own in the middle of this one. */
  #readObjects(): void {
    const inner = walkPickle(this.#reader.source, { start: this.#reader.offset, arrays: false });
    this.#notes.take(inner);
    if (inner.end === undefined) {
      this.#notes.at = inner.problem?.offset ?? this.#notes.at;
      throw new PickleError(inner.problem?.why ?? "it is cut off");
    }
    this.#reader.offset = inner.end;
  }

  #stackGlobal(): void {
    const name = this.#memory.pop();
    const origin = this.#memory.pop();
    if (name.kind !== "text" || origin.kind !== "text") {
      this.#notes.remark("computed-import");
      throw new PickleError("an import's name is computed");
    }
    this.#memory.push(this.#notes.import(origin.value, name.value));
  }
}

const NOWHERE: Span = { start: 0, length: 0 };
