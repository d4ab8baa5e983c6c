import { isGlobal, type Item, type Made, PickleError } from "./pickle-items";

/** What one value of an array takes, and whether it is stored as a pickle instead. */
export interface DtypeLayout {
  itemBytes: number;
  objects: boolean;
}

const unclear = (why: string) => new PickleError(`an array's type is not as numpy writes it: ${why}`);

export const isDtype = (item: Item | undefined): item is Made =>
  item?.kind === "made" && item.by.module === "numpy" && item.by.name === "dtype";

/**
 * The layout of a `numpy.dtype` that a pickle rebuilds: its text and its state must say the same, because numpy believes the state and
 * a reader who believed the text would look for the next opcode in the wrong place.
 * @throws PickleError where they differ or are of another form
 */
export function dtypeLayout(item: Item | undefined, depth = 0): DtypeLayout {
  if (!isDtype(item) || depth > 8) throw unclear("it is not a dtype");
  const fields = item.state?.kind === "tuple" ? item.state.items : [];
  const [, , subtype, names, members, size, , flags] = fields;
  const text = item.args.kind === "tuple" ? item.args.items[0] : undefined;
  // The class of a record array's elements, whose size only the state says.
  const isRecord = isGlobal(text, "numpy", "record") && size?.kind === "number" && size.value >= 0;
  const [, kind = "", digits = ""] =
    (isRecord
      ? ["", "V", String(size.value)]
      : text?.kind === "text" && /^([biufcmMSUVO])(\d{1,9})$/.exec(text.value)) || [];
  if (kind === "") throw unclear("its name is unknown");
  if (subtype === undefined || names === undefined || members === undefined)
    throw unclear("its state is unknown");
  const itemBytes = Number(digits) * (kind === "U" ? 4 : 1);
  const inner = [...repeatedLayout(subtype, depth), ...memberLayouts(names, members, depth)];
  if (inner.length > 0 && kind !== "V") throw unclear("it has fields");
  const stated = size?.kind === "number" ? size.value : Number.NaN;
  if ("SUV".includes(kind) ? stated !== itemBytes : stated !== -1) throw unclear("its size is given twice");
  if (inner.some((one) => one.offset + one.itemBytes > itemBytes)) throw unclear("a field lies outside");
  if (
    inner.some((one, at) => one.objects && inner.some((other, place) => place !== at && overlap(one, other)))
  )
    throw unclear("a field lies on objects");
  const objects = kind === "O" || inner.some((one) => one.objects);
  if (flags?.kind !== "number" || !flagsFit(flags.value, objects)) throw unclear("its flags differ");
  return { itemBytes, objects };
}

/** Counted references, which are pickled as a list and begin as None: without any one of these numpy takes bytes of the file for addresses. */
const OF_OBJECTS = 1 | 2 | 8 | 16;
/** Each alone makes numpy look for an object where there is none. */
const NEVER_OF_NUMBERS = 1 | 2 | 4;

const flagsFit = (flags: number, objects: boolean): boolean =>
  objects ? (flags & OF_OBJECTS) === OF_OBJECTS : (flags & NEVER_OF_NUMBERS) === 0;

interface Placed extends DtypeLayout {
  offset: number;
}

const overlap = (a: Placed, b: Placed): boolean =>
  a.offset < b.offset + b.itemBytes && b.offset < a.offset + a.itemBytes;

/** Of what type a scalar is made: numpy gives an object back as it is, which would hide where it comes from. */
export function scalarType(item: Item | undefined): "plain" | "object" | "unclear" {
  const [named, ...more] = isDtype(item) && item.args.kind === "tuple" ? item.args.items : [];
  if (isGlobal(named, "numpy", "record")) return "plain";
  if (named?.kind !== "text" || !more.every((one) => one.kind === "constant" || one.kind === "number"))
    return named?.kind === "global" ? "object" : "unclear";
  if (/^[biufcmMSUV]\d{1,9}$/.test(named.value)) return "plain";
  return /^[<>=|]?O|object/.test(named.value) ? "object" : "unclear";
}

/** A type that is an array of another. */
function* repeatedLayout(subtype: Item, depth: number): Generator<Placed> {
  if (subtype.kind === "constant") return;
  const [base, shape] = subtype.kind === "tuple" ? subtype.items : [];
  const { itemBytes, objects } = dtypeLayout(base, depth + 1);
  yield { offset: 0, itemBytes: itemBytes * elementCount(shape), objects };
}

function elementCount(shape: Item | undefined): number {
  if (shape?.kind !== "tuple") throw unclear("a shape is unknown");
  let count = 1;
  for (const one of shape.items) {
    if (one.kind !== "number" || one.value < 0) throw unclear("a shape is unknown");
    count *= one.value;
  }
  return count;
}

function* memberLayouts(names: Item, members: Item, depth: number): Generator<Placed> {
  if (names.kind === "constant" && members.kind === "constant") return;
  if (names.kind !== "tuple" || members.kind !== "dict" || !members.complete)
    throw unclear("its fields are unknown");
  const named = names.items.map((name) =>
    name.kind === "text" ? members.entries.get(name.value) : undefined,
  );
  // A title stands for the same field; another one could be asked for all the same.
  for (const member of members.entries.values())
    if (!named.includes(member)) throw unclear("a field has no name");
  for (const member of named) {
    const [type, offset] = member?.kind === "tuple" ? member.items : [];
    if (offset?.kind !== "number" || offset.value < 0) throw unclear("a field has no place");
    yield { offset: offset.value, ...dtypeLayout(type, depth + 1) };
  }
}

/** The array that joblib leaves in the middle of a stream, behind a stand-in object. */
export interface RawArray {
  objects: boolean;
  bytes: number;
  /** A byte with the padding's length and the padding itself come first. */
  padded: boolean;
}

const STAND_IN_KEYS = new Set([
  "subclass",
  "shape",
  "order",
  "dtype",
  "allow_mmap",
  "numpy_array_alignment_bytes",
]);

export const isStandIn = ({ by }: Made): boolean =>
  by.module === "joblib.numpy_pickle" && by.name === "NumpyArrayWrapper";

/** The stand-in or its class, handed to a function that could make or give back one of which the walk knows nothing. */
export const leadsToStandIn = (item: Item): boolean =>
  item.kind === "made" ? isStandIn(item) : isGlobal(item, "joblib.numpy_pickle", "NumpyArrayWrapper");

const isNone = (item: Item): boolean => item.kind === "constant" && item.value === null;

const isArrayClass = (item: Item | undefined): boolean =>
  isGlobal(item, "numpy", "ndarray", "memmap", "matrix") ||
  isGlobal(item, "numpy.matrixlib.defmatrix", "matrix");

/**
 * @throws PickleError unless the stand-in is made exactly as joblib makes it; another attribute would change what joblib does.
 */
export function rawArray(standIn: Made, state: Item): RawArray {
  const odd = (why: string) => new PickleError(`an array is not stored as joblib stores it: ${why}`);
  if (standIn.args.kind !== "tuple" || standIn.args.items.length > 0) throw odd("its constructor is called");
  if (state.kind !== "dict" || !state.complete) throw odd("its description is unknown");
  for (const key of state.entries.keys()) if (!STAND_IN_KEYS.has(key)) throw odd("it has another attribute");
  const { subclass, shape, order, allow_mmap, numpy_array_alignment_bytes } = Object.fromEntries(
    state.entries,
  );
  if (!isArrayClass(subclass)) throw odd("its class is unknown");
  if (order?.kind !== "text" || !["C", "F"].includes(order.value)) throw odd("its order is unknown");
  if (allow_mmap !== undefined && allow_mmap.kind !== "constant") throw odd("its mapping is unknown");
  const { itemBytes, objects } = dtypeLayout(state.entries.get("dtype"));
  const padding = numpy_array_alignment_bytes;
  // joblib asks whether it is None: False means that padding follows.
  if (padding !== undefined && padding.kind !== "number" && !isNone(padding))
    throw odd("its alignment is unknown");
  const bytes = itemBytes * elementCount(shape);
  if (!Number.isSafeInteger(bytes)) throw odd("it is larger than any file");
  return { objects, bytes, padded: padding?.kind === "number" };
}
