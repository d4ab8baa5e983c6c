import { dtypeLayout, isDtype, isStandIn, leadsToStandIn, rawArray } from "./numpy-dtype";
import {
  emptyDict,
  FALSE,
  fillDict,
  type Item,
  LONG_TUPLE,
  type Made,
  MARK,
  NONE,
  OTHER,
  PickleError,
  PickleLimit,
  type PickleImport,
  TRUE,
  tupleItem,
} from "./pickle-items";
import { PickleMemory } from "./pickle-memory";
import { OPCODES, type Opcode } from "./pickle-opcodes";
import { PickleReader, type Span } from "./pickle-reader";
import { stepNumber } from "./pickle-numbers";
import { MAX_NAME_BYTES, nameText, stringLine, textItem, unicodeLine } from "./pickle-text";
import type { PickleRemark, PickleWalk } from "./pickle-walk";
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
  return new PickleMachine(reader, options.memory ?? new PickleMemory(), options.arrays ?? true).run(
    MAX_OPCODES,
  );
}

class PickleMachine {
  readonly #walk: PickleWalk = {
    imports: [],
    calls: 0,
    remarks: new Map(),
    nested: [],
    loaded: [],
    arrays: 0,
    opcodes: 0,
    end: undefined,
    problem: undefined,
  };
  readonly #reader: PickleReader;
  readonly #memory: PickleMemory;
  readonly #arrays: boolean;
  readonly #start: number;
  readonly #seen = new Map<string, PickleImport>();
  #at = 0;
  #frameEnd = 0;
  #sideOpcodes = MAX_SIDE_OPCODES;

  constructor(reader: PickleReader, memory: PickleMemory, arrays: boolean) {
    this.#reader = reader;
    this.#memory = memory;
    this.#arrays = arrays;
    this.#start = reader.offset;
  }

  run(maxOpcodes: number): PickleWalk {
    try {
      while (this.#walk.end === undefined) {
        if (this.#walk.opcodes >= maxOpcodes) throw new PickleLimit("it has too many opcodes");
        this.#walk.opcodes += 1;
        this.#next();
      }
    } catch (error) {
      if (!(error instanceof PickleError)) throw error;
      if (error instanceof PickleLimit) this.#remark("limit");
      this.#walk.problem = { why: error.message, offset: this.#at };
    }
    return this.#walk;
  }

  #next(): void {
    this.#at = this.#reader.offset;
    const byte = this.#reader.byte();
    const opcode = OPCODES.get(byte ?? -1);
    if (opcode === undefined)
      throw new PickleError(byte === undefined ? "it is cut off" : `0x${byte.toString(16)} is no opcode`);
    const spans = this.#reader.argument(opcode);
    const inFrame = this.#at < this.#frameEnd;
    if (inFrame && (this.#reader.offset > this.#frameEnd || opcode.name === "FRAME")) this.#remark("frame");
    if (opcode.name !== "STOP") return this.#step(opcode, spans);
    this.#memory.pop();
    if (!this.#memory.isEmpty()) this.#remark("left-over");
    if (inFrame && this.#frameEnd !== this.#reader.offset) this.#remark("frame");
    this.#walk.end = this.#reader.offset;
  }

  #step({ name }: Opcode, [first = NOWHERE, second = NOWHERE]: Span[]): void {
    const memory = this.#memory;
    switch (name) {
      case "PROTO":
        if ((this.#reader.bytes(first)[0] ?? 255) > 5) throw new PickleError("its protocol is unknown");
        if (this.#at !== this.#start) this.#remark("late-proto");
        return;
      case "FRAME":
        this.#frameEnd = this.#reader.offset + Number(this.#reader.bytes(first).readBigUInt64LE(0));
        if (this.#frameEnd > this.#reader.source.size) this.#remark("frame");
        return;
      case "SHORT_BINUNICODE":
      case "BINUNICODE":
      case "BINUNICODE8":
      case "UNICODE":
      case "STRING":
        return memory.push(this.#text(name, first));
      case "BINSTRING":
      case "SHORT_BINSTRING":
        this.#noteNested(first);
        return memory.push(this.#text(name, first));
      case "BINBYTES":
      case "SHORT_BINBYTES":
      case "BINBYTES8":
      case "BYTEARRAY8":
        this.#noteNested(first);
        return memory.push({ kind: "bytes", span: first });
      case "GLOBAL":
        return memory.push(this.#import(this.#name(first), this.#name(second)));
      case "INST":
        return this.#instance(this.#import(this.#name(first), this.#name(second)));
      case "STACK_GLOBAL":
        return this.#stackGlobal();
      case "EXT1":
      case "EXT2":
      case "EXT4":
        this.#remark("extension");
        return memory.push(OTHER);
      case "NEXT_BUFFER":
      case "READONLY_BUFFER":
        throw new PickleError("it needs buffers from outside the file");
      case "PERSID":
      case "BINPERSID":
        this.#remark("persistent-id");
        if (name === "BINPERSID") memory.pop();
        return memory.push(OTHER);
      default:
        return first === NOWHERE
          ? this.#stepStack(name)
          : stepNumber(memory, name, this.#reader.bytes(first));
    }
  }

  #stepStack(name: string): void {
    const memory = this.#memory;
    switch (name) {
      case "REDUCE":
      case "NEWOBJ":
      case "NEWOBJ_EX": {
        const keywords = name === "NEWOBJ_EX" ? memory.pop() : undefined;
        const args = memory.pop();
        return this.#call(memory.pop(), args, name === "REDUCE" || keywords !== undefined);
      }
      case "OBJ": {
        const [callee, ...args] = memory.popToMark();
        if (callee === undefined) throw new PickleError("OBJ has no class");
        return this.#call(callee, tupleItem(args), args.length > 0);
      }
      case "BUILD":
        return this.#build();
      case "MEMOIZE":
        return memory.memoize();
      case "MARK":
        return memory.push(MARK);
      case "POP":
        return memory.drop();
      case "POP_MARK":
        memory.popToMark();
        return;
      case "DUP":
        return memory.push(memory.top());
      case "APPEND":
        memory.pop();
        return this.#fill([]);
      case "SETITEM": {
        const value = memory.pop();
        return this.#fill([memory.pop(), value]);
      }
      case "APPENDS":
      case "ADDITEMS":
        memory.popToMark();
        return this.#fill([]);
      case "SETITEMS":
        return this.#fill(memory.popToMark());
      case "LIST":
      case "FROZENSET":
        memory.popToMark();
        return memory.push(OTHER);
      case "DICT": {
        const pairs = memory.popToMark();
        memory.push(emptyDict());
        return this.#fill(pairs);
      }
      case "EMPTY_DICT":
        return memory.push(emptyDict());
      case "TUPLE":
        return memory.push(tupleItem(memory.popToMark()));
      case "EMPTY_TUPLE":
        return memory.push(tupleItem([]));
      case "TUPLE1":
      case "TUPLE2":
      case "TUPLE3":
        return memory.push(tupleItem(memory.popSeveral(Number(name.slice(-1)))));
      case "NONE":
        return memory.push(NONE);
      case "NEWTRUE":
        return memory.push(TRUE);
      case "NEWFALSE":
        return memory.push(FALSE);
      default:
        // Only empty lists and sets are left.
        return memory.push(OTHER);
    }
  }

  #fill(pairs: readonly Item[]): void {
    const target = this.#memory.top();
    if (target.kind === "global") this.#remark("changes-import");
    fillDict(target, pairs);
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

  #instance(callee: Item): void {
    const args = this.#memory.popToMark();
    this.#call(callee, tupleItem(args), args.length > 0);
  }

  /** `withValues`: the constructor or function runs with what the file gives it. */
  #call(callee: Item, args: Item, withValues: boolean): void {
    this.#walk.calls += 1;
    if (args.kind !== "tuple" && args !== LONG_TUPLE) this.#remark("computed-arguments");
    if (args.kind === "tuple" && args.items.some(leadsToStandIn)) this.#remark("stand-in");
    if (callee.kind !== "global") {
      this.#remark("calls-object");
      return this.#memory.push(OTHER);
    }
    const { import: by } = callee;
    if (by.module === "torch.storage" && by.name === "_load_from_bytes") this.#noteLoaded(args);
    if (withValues || args.kind !== "tuple" || args.items.length > 0) by.called = true;
    else by.made = true;
    const handed = calledInside(by, args);
    if (handed !== undefined) handed.called = true;
    // Only these are looked into later; keeping all would keep the whole file's content.
    const kept = by.module === "numpy" || by.module === "joblib.numpy_pickle";
    this.#memory.push(kept ? { kind: "made", by, args, state: undefined } : OTHER);
  }

  #build(): void {
    const state = this.#memory.pop();
    const target = this.#memory.top();
    this.#walk.calls += 1;
    if (target.kind === "global") this.#remark("changes-import");
    if (setsSpecial(state)) this.#remark("sets-special");
    if (target.kind !== "made") return;
    if (!isStandIn(target)) this.#setState(target, state);
    else if (this.#arrays) this.#readArray(rawArray(target, state));
  }

  /** numpy believes what the state says of objects, and takes numbers for their addresses. A second state changes a part only. */
  #setState(target: Made, state: Item): void {
    if (target.state !== undefined && isDtype(target)) this.#remark("array-type");
    target.state = state;
    if (!isDtype(target)) return;
    try {
      dtypeLayout(target);
    } catch (error) {
      if (!(error instanceof PickleError)) throw error;
      this.#remark("array-type");
    }
  }

  /** Continues after the raw numbers, as joblib does, and also right at them, as the plain unpickler would. */
  #readArray({ objects, bytes, padded }: ReturnType<typeof rawArray>): void {
    this.#walk.arrays += 1;
    if (this.#reader.offset < this.#frameEnd) this.#remark("frame");
    const side = new PickleMachine(
      new PickleReader(this.#reader.source, this.#reader.offset),
      this.#memory.fork(),
      false,
    ).run(Math.max(1, this.#sideOpcodes));
    this.#sideOpcodes -= side.opcodes;
    if (this.#sideOpcodes <= 0) throw new PickleLimit("its numbers can be read as too many opcodes");
    if (objects) this.#readObjects();
    else {
      if (side.imports.length > 0 || side.remarks.has("computed-import")) this.#remark("numbers-as-opcodes");
      if (padded) this.#reader.skip(this.#reader.byte() ?? 0);
      this.#reader.skip(bytes);
    }
    this.#memory.pop();
    this.#memory.push(OTHER);
  }

  /** An array of Python objects is a pickle of its own in the middle of this one. */
  #readObjects(): void {
    const inner = walkPickle(this.#reader.source, { start: this.#reader.offset, arrays: false });
    for (const one of inner.imports) {
      const known = this.#import(one.module, one.name, one.offset);
      if (known.kind !== "global") continue;
      known.import.called ||= one.called;
      known.import.made ||= one.made;
    }
    for (const [remark, offset] of inner.remarks) this.#remark(remark, offset);
    this.#walk.calls += inner.calls;
    this.#walk.nested.push(...inner.nested);
    this.#walk.loaded.push(...inner.loaded);
    if (inner.end === undefined) {
      this.#at = inner.problem?.offset ?? this.#at;
      throw new PickleError(inner.problem?.why ?? "it is cut off");
    }
    this.#reader.offset = inner.end;
  }

  #import(module: string, name: string, offset = this.#at): Item {
    const key = `${module}\n${name}`;
    let known = this.#seen.get(key);
    if (known === undefined) {
      known = { module, name, offset, made: false, called: false };
      this.#seen.set(key, known);
      this.#walk.imports.push(known);
    }
    return { kind: "global", import: known };
  }

  #stackGlobal(): void {
    const name = this.#memory.pop();
    const origin = this.#memory.pop();
    if (name.kind !== "text" || origin.kind !== "text") {
      this.#remark("computed-import");
      throw new PickleError("an import's name is computed");
    }
    this.#memory.push(this.#import(origin.value, name.value));
  }

  /** Torch's tensors in a plain pickle: bytes in torch's old format, which the call unpickles. */
  #noteLoaded(args: Item): void {
    const [bytes, ...more] = args.kind === "tuple" ? args.items : [];
    if (bytes?.kind === "bytes" && more.length === 0) this.#walk.loaded.push(bytes.span);
    else this.#remark("computed-load");
  }

  #noteNested(span: Span): void {
    if (span.length < 4) return;
    const [first = 0, second = 255] = this.#reader.bytes({ start: span.start, length: 2 });
    if ((first === 0x80 && second <= 5) || first === 0x63 || first === 0x28) this.#walk.nested.push(span);
  }

  #remark(remark: PickleRemark, offset = this.#at): void {
    if (!this.#walk.remarks.has(remark)) this.#walk.remarks.set(remark, offset);
  }
}

/** Functions on the allow-list that call what they are given in the second place. */
const CALLERS = new Set([
  "copyreg _reconstructor",
  "copy_reg _reconstructor",
  "numpy.random._pickle __generator_ctor",
  "numpy.random._pickle __randomstate_ctor",
]);

function calledInside({ module, name }: PickleImport, args: Item): PickleImport | undefined {
  const handed = args.kind === "tuple" && CALLERS.has(`${module} ${name}`) ? args.items[1] : undefined;
  // Nothing runs in the constructor of a plain object.
  return handed?.kind === "global" && handed.import.name !== "object" ? handed.import : undefined;
}

const NOWHERE: Span = { start: 0, length: 0 };

/** State whose keys are special methods or attributes, which change what later opcodes do with the object. */
const setsSpecial = (state: Item): boolean =>
  state.kind === "dict" ? state.special : state.kind === "tuple" && state.items.some(setsSpecial);
