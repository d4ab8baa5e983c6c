import { dtypeLayout, isDtype, isStandIn, leadsToStandIn, type RawArray, rawArray } from "./numpy-dtype";
import {
  fillDict,
  type Item,
  LONG_TUPLE,
  type Made,
  OTHER,
  PickleError,
  type PickleImport,
  tupleItem,
} from "./pickle-items";
import type { PickleMemory } from "./pickle-memory";
import type { PickleNotes } from "./pickle-notes";

/** The opcodes that call something, set state or fill a container, as far as they matter for what is run. */
export class PickleCalls {
  readonly #memory: PickleMemory;
  readonly #notes: PickleNotes;
  readonly #arrays: boolean;

  /** `arrays`: whether the reader would be joblib. */
  constructor(memory: PickleMemory, notes: PickleNotes, arrays: boolean) {
    this.#memory = memory;
    this.#notes = notes;
    this.#arrays = arrays;
  }

  fill(pairs: readonly Item[]): void {
    const target = this.#memory.top();
    if (target.kind === "global") this.#notes.remark("changes-import");
    fillDict(target, pairs);
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
      return this.#memory.push(OTHER);
    }
    const { import: by } = callee;
    if (by.module === "torch.storage" && by.name === "_load_from_bytes") this.#notes.loaded(args);
    if (withValues || args.kind !== "tuple" || args.items.length > 0) by.called = true;
    else by.made = true;
    const handed = calledInside(by, args);
    if (handed !== undefined) handed.called = true;
    // Only these are looked into later; keeping all would keep the whole file's content.
    const kept = by.module === "numpy" || by.module === "joblib.numpy_pickle";
    this.#memory.push(kept ? { kind: "made", by, args, state: undefined } : OTHER);
  }

  /** The array that stands behind joblib's stand-in, when the state is put into one. */
  build(): RawArray | undefined {
    const state = this.#memory.pop();
    const target = this.#memory.top();
    this.#notes.walk.calls += 1;
    if (target.kind === "global") this.#notes.remark("changes-import");
    if (setsSpecial(state)) this.#notes.remark("sets-special");
    if (target.kind !== "made") return undefined;
    if (isStandIn(target)) return this.#arrays ? rawArray(target, state) : undefined;
    this.#setState(target, state);
    return undefined;
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

/** State whose keys are special methods or attributes, which change what later opcodes do with the object. */
const setsSpecial = (state: Item): boolean =>
  state.kind === "dict" ? state.special : state.kind === "tuple" && state.items.some(setsSpecial);
