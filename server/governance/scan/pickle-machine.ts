import { OPCODES } from "./pickle-opcodes";
import type { Opcode } from "./pickle-opcodes";
import { PickleReader } from "./pickle-reader";
import { decimal, lineText, nameText, OTHER, PickleError, textItem } from "./pickle-text";
import type { Item } from "./pickle-text";

const MARK: Item = { kind: "mark" };
const MAX_OPCODES = 20_000_000;
const MAX_STACK = 1_000_000;

export interface PickleWalk {
  /** `module name` of every import, in order of first appearance. */
  imports: { module: string; name: string }[];
  /** True once anything was called or built. */
  calls: boolean;
  persistentIds: boolean;
  extensions: boolean;
  buildsOnImport: boolean;
  /** Byte strings that begin like a pickle of protocol 2 or later. */
  nested: Uint8Array[];
  /** Offset after STOP; undefined when the walk ended early. */
  end: number | undefined;
  /** Why the walk ended early. */
  problem: string | undefined;
}

/**
 * Walks the opcodes of a pickle and follows stack and memo far enough to name every import. Nothing is executed, no
 * object is made. Whatever a real unpickler could read in another way ends the walk with a problem.
 */
export function walkPickle(bytes: Uint8Array): PickleWalk {
  const machine = new PickleMachine(bytes);
  try {
    machine.run();
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
    machine.result.problem = error.message;
  }
  return machine.result;
}

class PickleMachine {
  readonly result: PickleWalk = {
    imports: [],
    calls: false,
    persistentIds: false,
    extensions: false,
    buildsOnImport: false,
    nested: [],
    end: undefined,
    problem: undefined,
  };
  readonly #reader: PickleReader;
  readonly #stack: Item[] = [];
  readonly #memo = new Map<number, Item>();
  readonly #seen = new Set<string>();

  constructor(bytes: Uint8Array) {
    this.#reader = new PickleReader(bytes);
  }

  run(): void {
    for (let count = 0; count < MAX_OPCODES; count += 1) {
      const start = this.#reader.offset;
      const byte = this.#reader.byte();
      const opcode = OPCODES.get(byte ?? -1);
      if (opcode === undefined)
        throw new PickleError(`byte ${start} is ${byte === undefined ? "missing" : "no opcode"}`);
      if (opcode.name === "STOP") {
        this.#pop();
        if (this.#stack.length > 0) throw new PickleError("items are left on the stack");
        this.result.end = this.#reader.offset;
        return;
      }
      if (opcode.name === "PROTO" && start !== 0) throw new PickleError("PROTO is not at the beginning");
      this.#step(opcode, this.#reader.argument(opcode));
      if (this.#stack.length > MAX_STACK) throw new PickleError("the stack is too deep");
    }
    throw new PickleError("there are too many opcodes");
  }

  #step({ name }: Opcode, [first = Buffer.alloc(0), second = Buffer.alloc(0)]: Buffer[]): void {
    switch (name) {
      case "PROTO":
        if ((first[0] ?? 255) > 5) throw new PickleError(`protocol ${first[0]} is unknown`);
        return;
      case "FRAME":
        if (first.readBigUInt64LE(0) > BigInt(this.#reader.left)) throw new PickleError("a frame is cut off");
        return;
      case "UNICODE":
      case "STRING":
        return this.#push(lineText(name, first));
      case "SHORT_BINUNICODE":
      case "BINUNICODE":
      case "BINUNICODE8":
        return this.#push(textItem(first));
      case "BINSTRING":
      case "SHORT_BINSTRING":
        this.#noteNested(first);
        return this.#push(textItem(first));
      case "BINBYTES":
      case "SHORT_BINBYTES":
      case "BINBYTES8":
      case "BYTEARRAY8":
        this.#noteNested(first);
        return this.#push(OTHER);
      case "GLOBAL":
        return this.#push(this.#import(nameText(first), nameText(second)));
      case "INST":
        this.#import(nameText(first), nameText(second));
        return this.#call(() => this.#popToMark());
      case "STACK_GLOBAL":
        return this.#stackGlobal();
      case "EXT1":
      case "EXT2":
      case "EXT4":
        this.result.extensions = true;
        return this.#push(OTHER);
      case "NEXT_BUFFER":
      case "READONLY_BUFFER":
        throw new PickleError("it needs buffers from outside the file");
      case "PERSID":
        this.result.persistentIds = true;
        return this.#push(OTHER);
      case "BINPERSID":
        this.result.persistentIds = true;
        return this.#replace(1);
      default:
        return this.#stepStack(name, first);
    }
  }

  #stepStack(name: string, first: Buffer): void {
    switch (name) {
      case "GET":
        return this.#get(decimal(first));
      case "BINGET":
        return this.#get(first.readUInt8(0));
      case "LONG_BINGET":
        return this.#get(first.readUInt32LE(0));
      case "PUT":
        return this.#put(decimal(first));
      case "BINPUT":
        return this.#put(first.readUInt8(0));
      case "LONG_BINPUT":
        return this.#put(first.readUInt32LE(0));
      case "MEMOIZE":
        return this.#put(this.#memo.size);
      case "REDUCE":
      case "NEWOBJ":
        return this.#call(() => this.#drop(2));
      case "NEWOBJ_EX":
        return this.#call(() => this.#drop(3));
      case "OBJ":
        return this.#call(() => {
          if (this.#popToMark() === 0) throw new PickleError("OBJ has no class");
        });
      case "BUILD":
        return this.#build();
      case "MARK":
        return this.#push(MARK);
      case "POP":
        // Python lets POP remove a mark as well.
        if (this.#stack.pop() === undefined) throw new PickleError("the stack is empty");
        return;
      case "POP_MARK":
        this.#popToMark();
        return;
      case "DUP":
        return this.#push(this.#top());
      case "APPEND":
        this.#drop(1);
        this.#top();
        return;
      case "SETITEM":
        this.#drop(2);
        this.#top();
        return;
      case "APPENDS":
      case "SETITEMS":
      case "ADDITEMS":
        this.#popToMark();
        this.#top();
        return;
      case "LIST":
      case "TUPLE":
      case "DICT":
      case "FROZENSET":
        this.#popToMark();
        return this.#push(OTHER);
      case "TUPLE1":
      case "TUPLE2":
      case "TUPLE3":
        return this.#replace(Number(name.slice(-1)));
      default:
        // Every opcode left pushes a number, a constant or an empty container.
        return this.#push(OTHER);
    }
  }

  #push(item: Item): void {
    this.#stack.push(item);
  }

  #top(): Item {
    const item = this.#stack.at(-1);
    if (item === undefined || item.kind === "mark") throw new PickleError("the stack is empty");
    return item;
  }

  #pop(): Item {
    const item = this.#top();
    this.#stack.pop();
    return item;
  }

  #drop(count: number): void {
    for (let left = count; left > 0; left -= 1) this.#pop();
  }

  #replace(count: number): void {
    this.#drop(count);
    this.#push(OTHER);
  }

  #popToMark(): number {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new PickleError("there is no mark");
    return this.#stack.splice(mark).length - 1;
  }

  #call(takeArguments: () => void): void {
    takeArguments();
    this.result.calls = true;
    this.#push(OTHER);
  }

  #build(): void {
    this.#drop(1);
    this.result.calls = true;
    if (this.#top().kind === "global") this.result.buildsOnImport = true;
  }

  #get(index: number): void {
    const item = this.#memo.get(index);
    if (item === undefined) throw new PickleError(`memo ${index} is empty`);
    this.#push(item);
  }

  #put(index: number): void {
    this.#memo.set(index, this.#top());
  }

  #import(module: string, name: string): Item {
    const key = `${module} ${name}`;
    if (!this.#seen.has(key)) {
      this.#seen.add(key);
      this.result.imports.push({ module, name });
    }
    return { kind: "global", name: key };
  }

  #stackGlobal(): void {
    const name = this.#pop();
    const origin = this.#pop();
    if (name.kind !== "text" || origin.kind !== "text") throw new PickleError("an import's name is computed");
    this.#push(this.#import(origin.value, name.value));
  }

  #noteNested(bytes: Buffer): void {
    if (bytes.length > 3 && bytes[0] === 0x80 && (bytes[1] ?? 255) <= 5) this.result.nested.push(bytes);
  }
}
