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
  COMPUTED_LIST,
  COMPUTED_MAPPING,
  emptyDict,
  fillDict,
  isComputed,
  isGlobal,
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

  /** Python asks any object but its own lists and sets for its `append`, `extend` or `add`, which may be what the file has put there. */
  growTop(): void {
    const target = this.#memory.top();
    if (target.kind === "global") this.#notes.remark("changes-import");
    if (target.kind === "dict" || (isComputed(target) && target !== COMPUTED_LIST))
      this.#notes.remark("fills-object");
  }

  fillTop(pairs: readonly Item[]): void {
    const target = this.#memory.top();
    if (target.kind === "global") this.#notes.remark("changes-import");
    // Some classes make attributes of what is put into them.
    if (isComputed(target) && target !== COMPUTED_MAPPING && target !== COMPUTED_LIST)
      this.#notes.remark("fills-object");
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
    this.#checkCalledInside(by, args);
    this.#memory.push(resultOf(by, args));
  }

  /** Nothing runs in the constructor of a plain object. */
  #checkCalledInside({ module, name }: PickleImport, args: Item): void {
    const handed = args.kind === "tuple" && CALLERS.has(`${module} ${name}`) ? args.items[1] : undefined;
    if (handed?.kind === "global") handed.import.called ||= handed.import.name !== "object";
    else if (handed !== undefined) this.#notes.remark("calls-object");
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
    // What made it then could not be told from another object when its state comes.
    if (args.some((one) => isGlobal(one, "numpy", "dtype"))) this.#notes.remark("array-type");
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

/** What a call gives back, as far as it matters later; keeping all would keep the whole file's content. */
function resultOf(by: PickleImport, args: Item): Item {
  if (by.module === "numpy" || by.module === "joblib.numpy_pickle")
    return { kind: "made", by, args, state: undefined };
  const name = `${by.module} ${by.name}`;
  const [given = OTHER] = args.kind === "tuple" ? args.items : [];
  if (HANDING_ON.has(name)) return given;
  if (makesEmptyDict(by, args)) return emptyDict();
  if (NO_MAPPINGS.has(name)) return OTHER;
  return MAPPINGS.has(name) ? COMPUTED_MAPPING : LISTS.has(name) ? COMPUTED_LIST : COMPUTED;
}

/** These give back what they are given. */
const HANDING_ON = new Set([
  "torch.jit._pickle build_boollist",
  "torch.jit._pickle build_doublelist",
  "torch.jit._pickle build_intlist",
  "torch.jit._pickle build_tensorlist",
]);

/** Lists and sets whose methods are Python's own, whatever a file says. */
const LISTS = new Set([
  "builtins list",
  "__builtin__ list",
  "builtins set",
  "__builtin__ set",
  "collections deque",
]);

/** What is put into these by key stays there. */
const MAPPINGS = new Set([
  "builtins dict",
  "__builtin__ dict",
  "collections Counter",
  "collections OrderedDict",
  "collections defaultdict",
  "scipy.sparse._dok dok_array",
  "scipy.sparse._dok dok_matrix",
  "scipy.sparse.dok dok_matrix",
  "sklearn.utils._bunch Bunch",
]);

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
