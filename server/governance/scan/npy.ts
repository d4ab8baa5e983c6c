import { critical, info } from "./findings";
import type { Finding } from "./findings";
import { scanPickle } from "./pickle";

const MAGIC = Buffer.from("\u0093NUMPY", "latin1");

export const looksLikeNpy = (bytes: Uint8Array): boolean => Buffer.from(bytes.subarray(0, 6)).equals(MAGIC);

/** A numpy array file: plain numbers pass, an array of Python objects is a pickle and is judged as one. */
export function scanNpy(bytes: Uint8Array): Finding[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view[6] ?? 0;
  const malformed = (why: string) => [critical("npy.malformed", `Not a valid numpy array: ${why}.`)];
  if (major < 1 || major > 3 || view.length < 12) return malformed("its version is unknown");
  const start = major === 1 ? 10 : 12;
  const end = start + (major === 1 ? view.readUInt16LE(8) : view.readUInt32LE(8));
  if (end > view.length || end - start > 65_536) return malformed("its header is cut off");
  const header = view.subarray(start, end).toString("latin1");
  const types = [...header.matchAll(/'descr'\s*:\s*'([<>|=]?)([a-zA-Z])(\d*)'/g)];
  const shape = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  const [, , kind = "", width = ""] = types[0] ?? [];
  if (kind === "O")
    return [
      info("npy.objects", "The array holds Python objects, stored as a pickle."),
      ...scanPickle(view.subarray(end)),
    ];
  if (types.length !== 1 || shape === undefined || !"biufcmMSUV".includes(kind)) {
    return [critical("npy.unsupported", "The array's type is not one of plain numbers or text.")];
  }
  const count = shape
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean)
    .reduce((product, one) => product * Number(one), 1);
  const size = count * Number(width) * (kind === "U" ? 4 : 1);
  return size === view.length - end
    ? []
    : malformed(`its data has ${view.length - end} bytes where ${size} are due`);
}
