import { critical, info, type Finding } from "./findings";
import { importFindings, strayFindings, structureFindings } from "./pickle-findings";
import { walkPickle } from "./pickle-machine";
import { PickleMemory } from "./pickle-memory";
import { bytesSource, sliceSource, type FileSource } from "./source";

const MAX_NESTING = 4;
const MAX_FINDINGS = 50;
const MAX_STREAMS = 1_000;

/** The pickled number that begins a file of `torch.save` before its archives. */
const TORCH_MAGIC = Buffer.from("80028a0a6cfc9c46f9206aa850192e", "hex");
/** Magic number, protocol version, facts about the machine, the object, the keys of its storages; then raw numbers. */
const TORCH_STREAMS = 5;

export interface PickleOptions {
  /** Storages of a torch archive are referred to by persistent id; nowhere else. */
  persistentIds?: boolean;
  /** How many byte strings deep this pickle lies. */
  depth?: number;
  /** Where in the file it begins, for the words of a finding. */
  offset?: number;
}

/** True when a pickle of protocol 2 to 5 begins here. */
export const looksLikeBinaryPickle = (source: FileSource): boolean => {
  if (source.size < 3) return false;
  const [first, second = 255] = source.read(0, 2);
  return first === 0x80 && second <= 5;
};

/**
 * Judges a file of pickles to its last byte. Loaders may call an unpickler several times, so each stream counts; what follows the last
 * must be another stream or, in torch's old format, the storages' numbers.
 */
export function scanPickles(source: FileSource, offset = 0, depth = 0): Finding[] {
  const isTorch = source.size > TORCH_MAGIC.length && source.read(0, TORCH_MAGIC.length).equals(TORCH_MAGIC);
  const findings: Finding[] = [];
  const starts: number[] = [];
  let at = 0;
  for (let count = 1; at === 0 || at < source.size; count += 1) {
    const rest = sliceSource(source, at);
    const place = offset + at;
    if (isTorch && count > TORCH_STREAMS) return [...findings, ...strayFindings(rest, place)];
    if (at > 0 && (count > MAX_STREAMS || !looksLikeBinaryPickle(rest))) {
      const message = `${rest.size} bytes follow the end of the pickle at byte ${place}.`;
      return [...findings, critical("pickle.trailing-data", message), ...strayFindings(rest, place)];
    }
    const persistentIds = isTorch && count === TORCH_STREAMS - 1;
    const { findings: found, end } = scanPickle(rest, { offset: place, depth, persistentIds });
    if (at > 0 && !isTorch) findings.push(info("pickle.another", `Another pickle begins at byte ${place}.`));
    findings.push(...found);
    if (end === undefined || findings.length > MAX_FINDINGS) break;
    starts.push(at);
    at += end;
  }
  return isTorch || starts.length < 2
    ? findings
    : [...findings, ...sharedMemoFindings(source, starts, offset, findings)];
}

/** One unpickler that reads several pickles keeps its memo, so that a later one can name what an earlier one remembered. */
function sharedMemoFindings(
  source: FileSource,
  starts: readonly number[],
  offset: number,
  known: readonly Finding[],
): Finding[] {
  const messages = new Set(known.map((one) => one.message));
  const memory = new PickleMemory();
  return starts.flatMap((start) => {
    const walk = walkPickle(source, { start, memory });
    memory.clearStack();
    const found = [...importFindings(walk, offset), ...structureFindings(walk, { offset })];
    return found.filter((one) => !messages.has(one.message));
  });
}

/** Judges one pickle from the source's beginning by its imports, without unpickling anything. Only allow-listed imports pass. */
export function scanPickle(
  input: FileSource | Uint8Array,
  options: PickleOptions = {},
): { findings: Finding[]; end: number | undefined } {
  const source = input instanceof Uint8Array ? bytesSource(input) : input;
  const { depth = 0, offset = 0 } = options;
  const walk = walkPickle(source, { arrays: depth === 0 });
  const findings = [...importFindings(walk, offset), ...structureFindings(walk, options)];
  for (const { start, length } of walk.loaded) {
    const inner = sliceSource(source, start, start + length);
    findings.push(...nestedFindings(inner, depth, offset + start));
  }
  const loaded = new Set(walk.loaded.map((span) => span.start));
  for (const { start, length } of walk.nested) {
    if (findings.length > MAX_FINDINGS) break;
    if (loaded.has(start)) continue;
    const inner = sliceSource(source, start, start + length);
    const isPickle = looksLikeBinaryPickle(inner) && isPickleLike(inner);
    findings.push(
      ...(isPickle ? nestedFindings(inner, depth, offset + start) : strayFindings(inner, offset + start)),
    );
  }
  return { findings, end: walk.end };
}

function nestedFindings(source: FileSource, depth: number, offset: number): Finding[] {
  if (depth >= MAX_NESTING) return [critical("pickle.nesting", "Pickles are nested too deeply.")];
  return [
    info("pickle.nested", `The byte string at byte ${offset} holds another pickle.`),
    ...scanPickles(source, offset, depth + 1),
  ];
}

/** Bytes may begin like a pickle by chance. */
function isPickleLike(source: FileSource): boolean {
  const walk = walkPickle(source);
  return walk.end !== undefined || walk.imports.length > 0;
}
