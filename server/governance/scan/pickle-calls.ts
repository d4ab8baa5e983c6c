import {
  dtypeLayout,
  isDtype,
  isStandIn,
  leadsToStandIn,
  type RawArray,
  rawArray,
  scalarType,
} from "./numpy-dtype";
import {
  COMPUTED,
  emptyDict,
  fillDict,
  isComputed,
  isSpecial,
  type Item,
  LONG_TUPLE,
  OTHER,
  type Made,
  PickleError,
  type PickleImport,
  tupleItem,
} from "./pickle-items";
import type { PickleMemory } from "./pickle-memory";
import type { PickleNotes } from "./pickle-notes";

/** `aside`: a second reading of bytes that are numbers; what the first one knows of its objects must stay as it is. */
export type PickleReading = "joblib" | "plain" | "aside";

/** The opcodes that call something, set state or fill a container, as far as they matter for what is run. */
export class PickleCalls {
  readonly #memory: PickleMemory;
  readonly #notes: PickleNotes;
  readonly #reader: PickleReading;

  constructor(memory: PickleMemory, notes: PickleNotes, reader: PickleReading) {
    this.#memory = memory;
    this.#notes = notes;
    this.#reader = reader;
  }

  fillTop(pairs: readonly Item[]): void {
    const target = this.#memory.top();
    if (target.kind === "global") this.#notes.remark("changes-import");
    if (this.#reader !== "aside") fillDict(target, pairs);
  }

  instance(callee: Item): void {
    const args = this.#memory.popToMark();
    this.call(callee, tupleItem(args), args.length > 0);
  }

  /** `withValues`: the constructor or function runs with what the file gives it. */
  call(callee: Item, args: Item, withValues: boolean): void {
    this.#notes.walk.calls += 1;
    if (args.kind !== "tuple" && args !== LONG_TUPLE) this.#notes.remark("computed-arguments");
    if (args.kind === "tuple" && args.items.some(leadsToStandIn)) this.#notes.remark("stand-in");
    if (callee.kind !== "global") {
      this.#notes.remark("calls-object");
      return this.#memory.push(COMPUTED);
    }
    const { import: by } = callee;
    if (by.module === "torch.storage" && by.name === "_load_from_bytes") this.#notes.loaded(args);
    if (withValues || args.kind !== "tuple" || args.items.length > 0) by.called = true;
    else by.made = true;
    if (args.kind === "tuple") this.#checkArguments(by, args.items);
    const handed = calledInside(by, args);
    if (handed !== undefined) handed.called = true;
    // Only these are looked into later; keeping all would keep the whole file's content.
    const kept = by.module === "numpy" || by.module === "joblib.numpy_pickle";
    if (kept) return this.#memory.push({ kind: "made", by, args, state: undefined });
    const isPlain = NO_MAPPINGS.has(`${by.module} ${by.name}`);
    this.#memory.push(makesEmptyDict(by, args) ? emptyDict() : isPlain ? OTHER : COMPUTED);
  }

  /** The array that stands behind joblib's stand-in, when the state is put into one. */
  build(): RawArray | undefined {
    const state = this.#memory.pop();
    const target = this.#memory.top();
    this.#notes.walk.calls += 1;
    if (target.kind === "global") this.#notes.remark("changes-import");
    // An attribute of a dictionary may change how it is read.
    if (target.kind === "dict") target.special = true;
    this.#checkState(state);
    if (target.kind !== "made") return undefined;
    if (isStandIn(target)) return this.#reader === "joblib" ? rawArray(target, state) : undefined;
    if (this.#reader !== "aside") this.#setState(target, state);
    return undefined;
  }

  #checkArguments({ module, name }: PickleImport, args: readonly Item[]): void {
    if (name === "scalar" && /^numpy\.(?:_core|core)\.multiarray$/.test(module)) {
      const type = scalarType(args[0]);
      if (type !== "plain") this.#notes.remark(type === "object" ? "object-scalar" : "array-type");
    }
    // Torch sets it as BUILD does.
    if (module === "torch._utils" && name === "_rebuild_parameter_with_state" && args[3] !== undefined)
      this.#checkState(args[3]);
  }

  #checkState(state: Item): void {
    if (setsSpecial(state)) this.#notes.remark("sets-special");
    else if (isStateComputed(state)) this.#notes.remark("computed-state");
  }

  /** numpy believes what the state says of objects, and takes numbers for their addresses. A second state changes a part only. */
  #setState(target: Made, state: Item): void {
    if (target.state !== undefined && isDtype(target)) this.#notes.remark("array-type");
    target.state = state;
    if (!isDtype(target)) return;
    try {
      dtypeLayout(target);
    } catch (error) {
      if (!(error instanceof PickleError)) throw error;
      this.#notes.remark("array-type");
    }
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

/** What these give back can neither be a key nor be asked for keys. */
const NO_MAPPINGS = new Set([
  "numpy._core.multiarray _reconstruct",
  "numpy.core.multiarray _reconstruct",
  "numpy.random.bit_generator __pyx_unpickle_SeedSequence",
]);

const makesEmptyDict = ({ module, name }: PickleImport, args: Item): boolean =>
  args.kind === "tuple" &&
  args.items.length === 0 &&
  ["builtins dict", "__builtin__ dict", "collections OrderedDict"].includes(`${module} ${name}`);

/**
 * State whose keys are special methods or attributes, which change what later opcodes do with the object. Some classes take pairs for a
 * dictionary.
 */
const setsSpecial = (state: Item): boolean =>
  state.kind === "dict"
    ? state.special
    : state.kind === "tuple" &&
      state.items.some((item, at) => (at === 0 && isSpecial(item)) || setsSpecial(item));

/** State in which the walk cannot see the keys: what a call gave back, or a list that a class may take for pairs. */
function isStateComputed(state: Item): boolean {
  if (state.kind === "dict") return state.computed;
  if (state.kind === "tuple")
    return (
      state.items.length === 2 &&
      state.items.some((item) => isComputed(item) || (item.kind === "dict" && item.computed))
    );
  return state.kind === "other" || isComputed(state);
}
