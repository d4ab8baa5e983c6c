/** How an opcode's argument is laid out after its byte. */
export type Argument =
  | "none"
  | "line"
  | "two-lines"
  | { bytes: number }
  | { prefix: 1 | 4 | 8; signed?: boolean };

export interface Opcode {
  name: string;
  argument: Argument;
}

const none = (name: string): Opcode => ({ name, argument: "none" });
const line = (name: string): Opcode => ({ name, argument: "line" });
const bytes = (name: string, count: number): Opcode => ({ name, argument: { bytes: count } });
const prefixed = (name: string, prefix: 1 | 4 | 8, signed = false): Opcode => ({
  name,
  argument: { prefix, signed },
});

/** Every opcode of pickle protocols 0 to 5 (Python's `pickletools` documents them); any other byte is malformed. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map([
  [0x49, line("INT")],
  [0x4a, bytes("BININT", 4)],
  [0x4b, bytes("BININT1", 1)],
  [0x4d, bytes("BININT2", 2)],
  [0x4c, line("LONG")],
  [0x8a, prefixed("LONG1", 1)],
  [0x8b, prefixed("LONG4", 4, true)],
  [0x53, line("STRING")],
  [0x54, prefixed("BINSTRING", 4, true)],
  [0x55, prefixed("SHORT_BINSTRING", 1)],
  [0x42, prefixed("BINBYTES", 4)],
  [0x43, prefixed("SHORT_BINBYTES", 1)],
  [0x8e, prefixed("BINBYTES8", 8)],
  [0x96, prefixed("BYTEARRAY8", 8)],
  [0x97, none("NEXT_BUFFER")],
  [0x98, none("READONLY_BUFFER")],
  [0x4e, none("NONE")],
  [0x88, none("NEWTRUE")],
  [0x89, none("NEWFALSE")],
  [0x56, line("UNICODE")],
  [0x8c, prefixed("SHORT_BINUNICODE", 1)],
  [0x58, prefixed("BINUNICODE", 4)],
  [0x8d, prefixed("BINUNICODE8", 8)],
  [0x46, line("FLOAT")],
  [0x47, bytes("BINFLOAT", 8)],
  [0x5d, none("EMPTY_LIST")],
  [0x61, none("APPEND")],
  [0x65, none("APPENDS")],
  [0x6c, none("LIST")],
  [0x29, none("EMPTY_TUPLE")],
  [0x74, none("TUPLE")],
  [0x85, none("TUPLE1")],
  [0x86, none("TUPLE2")],
  [0x87, none("TUPLE3")],
  [0x7d, none("EMPTY_DICT")],
  [0x64, none("DICT")],
  [0x73, none("SETITEM")],
  [0x75, none("SETITEMS")],
  [0x8f, none("EMPTY_SET")],
  [0x90, none("ADDITEMS")],
  [0x91, none("FROZENSET")],
  [0x30, none("POP")],
  [0x32, none("DUP")],
  [0x28, none("MARK")],
  [0x31, none("POP_MARK")],
  [0x67, line("GET")],
  [0x68, bytes("BINGET", 1)],
  [0x6a, bytes("LONG_BINGET", 4)],
  [0x70, line("PUT")],
  [0x71, bytes("BINPUT", 1)],
  [0x72, bytes("LONG_BINPUT", 4)],
  [0x94, none("MEMOIZE")],
  [0x82, bytes("EXT1", 1)],
  [0x83, bytes("EXT2", 2)],
  [0x84, bytes("EXT4", 4)],
  [0x63, { name: "GLOBAL", argument: "two-lines" }],
  [0x93, none("STACK_GLOBAL")],
  [0x52, none("REDUCE")],
  [0x62, none("BUILD")],
  [0x69, { name: "INST", argument: "two-lines" }],
  [0x6f, none("OBJ")],
  [0x81, none("NEWOBJ")],
  [0x92, none("NEWOBJ_EX")],
  [0x80, bytes("PROTO", 1)],
  [0x2e, none("STOP")],
  [0x95, bytes("FRAME", 8)],
  [0x50, line("PERSID")],
  [0x51, none("BINPERSID")],
]);
