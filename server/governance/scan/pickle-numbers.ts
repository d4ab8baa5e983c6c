import { OTHER, PickleError } from "./pickle-items";
import type { PickleMemory } from "./pickle-memory";
import { isPythonFloat, isPythonInt, isPythonLong, pythonDecimal } from "./python-number";

/** One opcode with a number in it: it pushes that or names a place of the memo. */
export function stepNumber(memory: PickleMemory, name: string, bytes: Buffer): void {
  switch (name) {
    case "INT":
      return PLAIN_INT.test(bytes.subarray(0, 16).toString("latin1"))
        ? push(memory, Number(bytes.toString("latin1")))
        : check(memory, bytes, isPythonInt);
    case "LONG":
      return check(memory, bytes, isPythonLong);
    case "FLOAT":
      return check(memory, bytes, isPythonFloat);
    case "BININT":
      return push(memory, bytes.readInt32LE(0));
    case "BININT1":
      return push(memory, bytes.readUInt8(0));
    case "BININT2":
      return push(memory, bytes.readUInt16LE(0));
    case "LONG1":
      return bytes.length > 0 && bytes.length <= 6
        ? push(memory, bytes.readIntLE(0, bytes.length))
        : memory.push(OTHER);
    case "GET":
      return memory.get(memoIndex(bytes));
    case "PUT":
      return memory.put(memoIndex(bytes));
    case "BINGET":
      return memory.get(bytes.readUInt8(0));
    case "BINPUT":
      return memory.put(bytes.readUInt8(0));
    case "LONG_BINGET":
      return memory.get(bytes.readUInt32LE(0));
    case "LONG_BINPUT":
      return memory.put(bytes.readUInt32LE(0));
    default:
      // BINFLOAT and LONG4.
      return memory.push(OTHER);
  }
}

/** As Python writes them; other spellings are checked, and never part of what must be followed. */
const PLAIN_INT = /^(?:0|-?[1-9]\d{0,9})$/;

// Functions of the module, because a walk comes here millions of times.
const push = (memory: PickleMemory, value: number): void => memory.push({ kind: "number", value });

function check(memory: PickleMemory, line: Buffer, accept: (line: Uint8Array) => boolean): void {
  if (!accept(line)) throw new PickleError("a number is malformed");
  memory.push(OTHER);
}

function memoIndex(line: Uint8Array): number | bigint {
  const value = pythonDecimal(line);
  if (value === undefined || value < 0) throw new PickleError("a memo index is not a number");
  return value;
}
