import { critical, info } from "./findings";
import type { Finding } from "./findings";
import { NpyHeaderError, parseNpyHeader, type Literal } from "./npy-header";
import { scanPickle } from "./pickle";
import { sliceSource, type FileSource } from "./source";
import { firstCharacters } from "@/server/core/characters";

const MAGIC = Buffer.from("\u0093NUMPY", "latin1");
const MAX_HEADER_BYTES = 1_048_576;

export const looksLikeNpy = (source: FileSource): boolean =>
  source.size >= 6 && source.read(0, 6).equals(MAGIC);

interface Layout {
  itemBytes: number;
  objects: boolean;
}

/** A numpy array file: plain values pass, an array of Python objects is a pickle and is judged as one. */
export function scanNpy(source: FileSource): Finding[] {
  try {
    return arrayFindings(source);
  } catch (error) {
    if (error instanceof NpyHeaderError)
      return [critical("npy.malformed", `Not a valid numpy array: ${error.message}.`)];
    throw error;
  }
}

function arrayFindings(source: FileSource): Finding[] {
  if (source.size < 12) throw new NpyHeaderError("it is cut off");
  const head = source.read(0, 12);
  const [major = 0, minor = 0] = head.subarray(6, 8);
  if (major < 1 || major > 3 || minor !== 0) throw new NpyHeaderError("its version is unknown");
  const start = major === 1 ? 10 : 12;
  const length = major === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  const end = start + length;
  if (end > source.size || length > MAX_HEADER_BYTES) throw new NpyHeaderError("its header is cut off");
  const { layout, count } = readHeader(source.read(start, length).toString(major === 3 ? "utf8" : "latin1"));
  const left = source.size - end;
  if (layout.objects) {
    const { findings, end: stop } = scanPickle(sliceSource(source, end), { offset: end });
    const objects = info("npy.objects", "The array holds Python objects, stored as a pickle.");
    if (stop === undefined || stop === left) return [objects, ...findings];
    const tail = critical("pickle.trailing-data", `${left - stop} bytes follow the pickle in the array.`);
    return [objects, ...findings, tail];
  }
  const size = count * layout.itemBytes;
  if (size !== left) throw new NpyHeaderError(`its data has ${left} bytes where ${size} are due`);
  return [];
}

function readHeader(text: string): { layout: Layout; count: number } {
  const header = parseNpyHeader(text);
  if ([...header.keys()].toSorted().join() !== "descr,fortran_order,shape")
    throw new NpyHeaderError("its header does not have exactly descr, fortran_order and shape");
  if (typeof header.get("fortran_order") !== "boolean")
    throw new NpyHeaderError("its fortran_order is not True or False");
  return { layout: layoutOf(header.get("descr"), 0), count: product(header.get("shape")) };
}

function product(shape: Literal | undefined): number {
  if (typeof shape !== "object" || shape === null || !("tuple" in shape))
    throw new NpyHeaderError("its shape is not a tuple");
  let count = 1;
  for (const one of shape.tuple) {
    if (typeof one !== "number") throw new NpyHeaderError("its shape is not one of numbers");
    count *= one;
  }
  return count;
}

/** Text of one type, a list of fields, or a type with a shape of its own. */
function layoutOf(descr: Literal | undefined, depth: number): Layout {
  if (depth > 8) throw new NpyHeaderError("its type is nested too deeply");
  if (typeof descr === "string") return plainLayout(descr);
  if (typeof descr !== "object" || descr === null) throw new NpyHeaderError("its type is unknown");
  if ("tuple" in descr) {
    const [base, shape, ...more] = descr.tuple;
    if (more.length > 0) throw new NpyHeaderError("its type is unknown");
    const layout = layoutOf(base, depth + 1);
    return { ...layout, itemBytes: layout.itemBytes * product(shape) };
  }
  const sum: Layout = { itemBytes: 0, objects: false };
  for (const field of descr.list) {
    const [name, type, shape, ...more] =
      typeof field === "object" && field !== null && "tuple" in field ? field.tuple : [];
    if (!isFieldName(name) || more.length > 0) throw new NpyHeaderError("a field of its type is malformed");
    const { itemBytes, objects } = layoutOf(type, depth + 1);
    sum.itemBytes += itemBytes * (shape === undefined ? 1 : product(shape));
    sum.objects ||= objects;
  }
  return sum;
}

/** A name, or title and name. */
const isFieldName = (name: Literal | undefined): boolean =>
  typeof name === "string" ||
  (typeof name === "object" &&
    name !== null &&
    "tuple" in name &&
    name.tuple.length === 2 &&
    name.tuple.every((one) => typeof one === "string"));

/** Only the spellings that numpy writes: it reads many more, and some of them hold objects. */
function plainLayout(text: string): Layout {
  const [, kind = "", digits = ""] = /^[<>|=]([?biufcSUVO]|[mM](?=8))(\d{0,9})(?:\[\w+\])?$/.exec(text) ?? [];
  if (kind === "" || (digits === "" && !"?O".includes(kind)))
    throw new NpyHeaderError(
      `its type ${JSON.stringify(firstCharacters(text, 80))} is not one of plain values`,
    );
  if (kind === "O") return { itemBytes: 0, objects: true };
  return { itemBytes: Number(digits || 1) * (kind === "U" ? 4 : 1), objects: false };
}
