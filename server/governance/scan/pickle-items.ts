import type { Span } from "./pickle-reader";

export class PickleError extends Error {}

/** The walk gives up where Python would go on. */
export class PickleLimit extends PickleError {}

/** One name that the pickle imports, and what it does with it. */
export interface PickleImport {
  module: string;
  name: string;
  /** Where in the stream it is first imported. */
  offset: number;
  /** Made without its constructor, as pickles of classes do. */
  made: boolean;
  /** Called with values that the file chooses. */
  called: boolean;
}

export interface Dict {
  kind: "dict";
  entries: Map<string, Item>;
  complete: boolean;
  /** A key is a special method or attribute. */
  special: boolean;
  /** A key is what a call gave back. */
  computed: boolean;
}

export interface Made {
  kind: "made";
  by: PickleImport;
  args: Item;
  state: Item | undefined;
}

/** What the walk knows of a stack item: enough to name every import and to find raw arrays that stand in the stream. */
export type Item =
  | { kind: "text"; value: string }
  | { kind: "number"; value: number }
  | { kind: "constant"; value: boolean | null }
  | { kind: "tuple"; items: readonly Item[] }
  | Dict
  | { kind: "global"; import: PickleImport }
  | Made
  | { kind: "bytes"; span: Span }
  | { kind: "mark" }
  | { kind: "other" };

export const OTHER: Item = { kind: "other" };
/** What a call gave back. */
export const COMPUTED: Item = { kind: "other" };
export const COMPUTED_LIST: Item = { kind: "other" };
export const COMPUTED_MAPPING: Item = { kind: "other" };
/** A tuple of too many items to follow, told from what a call gave back. */
export const LONG_TUPLE: Item = { kind: "other" };
export const MARK: Item = { kind: "mark" };
export const NONE: Item = { kind: "constant", value: null };
export const TRUE: Item = { kind: "constant", value: true };
export const FALSE: Item = { kind: "constant", value: false };

/** Larger containers are never part of what must be followed. */
const MAX_FOLLOWED = 256;

export const tupleItem = (items: readonly Item[]): Item =>
  items.length > MAX_FOLLOWED ? LONG_TUPLE : { kind: "tuple", items };

export const emptyDict = (): Item => ({
  kind: "dict",
  entries: new Map(),
  complete: true,
  special: false,
  computed: false,
});

/** Results of statsmodels keep scipy's as attributes, with the text that describes their class. */
export const isSpecial = (key: Item): boolean =>
  key.kind === "text" && key.value !== "__doc__" && /^__.*__$/s.test(key.value);

export const isComputed = (item: Item): boolean =>
  item === COMPUTED || item === COMPUTED_LIST || item === COMPUTED_MAPPING || item.kind === "made";

/** Keys and values in turn, as SETITEM, SETITEMS and DICT take them. */
export function fillDict(dict: Item, pairs: readonly Item[]): void {
  if (dict.kind !== "dict") return;
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const [key = OTHER, value = OTHER] = [pairs[at], pairs[at + 1]];
    if (isSpecial(key)) dict.special = true;
    if (isComputed(key)) dict.computed = true;
    if (key.kind !== "text" || (dict.entries.size >= MAX_FOLLOWED && !dict.entries.has(key.value)))
      dict.complete = false;
    else dict.entries.set(key.value, value);
  }
}

export const isGlobal = (item: Item | undefined, module: string, ...names: readonly string[]): boolean =>
  item?.kind === "global" && item.import.module === module && names.includes(item.import.name);
