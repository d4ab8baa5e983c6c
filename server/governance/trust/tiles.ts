import type { NodeStore } from "./merkle";

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
const MAX_ENTRY_BYTES = 65_535;

export interface TileAddress {
  /** Tile level; level L holds node hashes of tree level 8·L. */
  level: number;
  index: number;
  /** 1 to 256; below 256 the tile is partial. */
  width: number;
}

/** `1234067` → `x001/x234/067`, as C2SP tlog-tiles writes indices. */
export function tileIndexPath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join("/");
}

const suffix = (width: number) => (width === TILE_WIDTH ? "" : `.p/${width}`);

export const tilePath = ({ level, index, width }: TileAddress): string =>
  `tile/${level}/${tileIndexPath(index)}${suffix(width)}`;

export const entryBundlePath = (index: number, width: number): string =>
  `tile/entries/${tileIndexPath(index)}${suffix(width)}`;

const PATH = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** The inverse of the two path functions; `undefined` for anything not written exactly so. */
export function parseTilePath(
  path: string,
): (Omit<TileAddress, "level"> & { level: number | "entries" }) | undefined {
  const match = PATH.exec(path);
  if (match === null) return undefined;
  const [, kind = "", groups = "", partial] = match;
  const index = Number(groups.replaceAll(/[x/]/g, ""));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (!Number.isSafeInteger(index) || tileIndexPath(index) !== groups) return undefined;
  if (partial !== undefined && width >= TILE_WIDTH) return undefined;
  const level = kind === "entries" ? ("entries" as const) : Number(kind);
  return level !== "entries" && level > 63 ? undefined : { level, index, width };
}

/** Every hash tile of a tree of `size` leaves, lowest level first; the last of a level may be partial. */
export function tilesOfTree(size: number): TileAddress[] {
  const tiles: TileAddress[] = [];
  for (let level = 0, nodes = size; nodes > 0; level += 1, nodes = Math.floor(nodes / TILE_WIDTH)) {
    const full = Math.floor(nodes / TILE_WIDTH);
    for (let index = 0; index < full; index += 1) tiles.push({ level, index, width: TILE_WIDTH });
    if (nodes % TILE_WIDTH > 0) tiles.push({ level, index: full, width: nodes % TILE_WIDTH });
  }
  return tiles;
}

/** True when the tree of `size` leaves holds every hash of this tile. */
export const tileExists = ({ level, index, width }: TileAddress, size: number): boolean =>
  index * TILE_WIDTH + width <= Math.floor(size / TILE_WIDTH ** level);

/** The tile's bytes: `width` hashes of 32 bytes. @throws Error when the store misses one of them. */
export async function encodeTile(
  store: NodeStore,
  { level, index, width }: TileAddress,
): Promise<Uint8Array> {
  const tile = new Uint8Array(width * 32);
  for (let at = 0; at < width; at += 1) {
    const hash = await store.getNode(level * 8, index * TILE_WIDTH + at);
    if (hash === undefined) throw new Error(`log node ${level * 8}/${index * TILE_WIDTH + at} is missing`);
    tile.set(hash, at * 32);
  }
  return tile;
}

/** Entries with a big-endian 16-bit length before each. @throws RangeError when an entry is longer than 65,535 bytes. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) throw new RangeError("a log entry has at most 65,535 bytes");
    parts.push(new Uint8Array([entry.length >> 8, entry.length & 0xff]), entry);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** @throws RangeError when the bytes end inside an entry. */
export function decodeEntryBundle(bundle: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bundle.length) {
    const length = ((bundle[at] ?? 0) << 8) | (bundle[at + 1] ?? 0);
    if (at + 2 + length > bundle.length) throw new RangeError("the entry bundle is cut off");
    entries.push(bundle.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}
