import { equalBytes, sha256 } from "./bytes";

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

/** RFC 6962 2.1. */
export const leafHash = (data: Uint8Array): Uint8Array => sha256(LEAF, data);
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(NODE, left, right);
export const EMPTY_ROOT: Uint8Array = sha256();

/**
 * Stored hashes of complete subtrees: node (level, index) covers leaves [index·2^level, (index+1)·2^level). A node
 * never changes once written.
 */
export interface NodeStore {
  getNode(level: number, index: number): Promise<Uint8Array | undefined>;
}

export interface TreeNode {
  level: number;
  index: number;
  hash: Uint8Array;
}

/** A node store in memory; what tests, verifiers and batch appends use. */
export class MemoryNodeStore implements NodeStore {
  readonly #nodes = new Map<string, Uint8Array>();

  async getNode(level: number, index: number): Promise<Uint8Array | undefined> {
    return this.#nodes.get(`${level}/${index}`);
  }

  put(nodes: readonly TreeNode[]): void {
    for (const { level, index, hash } of nodes) this.#nodes.set(`${level}/${index}`, hash);
  }
}

/**
 * The nodes that appending one leaf at `size` completes: the leaf itself and every parent it closes. Reads at most
 * log2(size) nodes, all on the right edge.
 */
export async function appendLeaf(store: NodeStore, size: number, hash: Uint8Array): Promise<TreeNode[]> {
  checkSize(size);
  const created: TreeNode[] = [{ level: 0, index: size, hash }];
  let level = 0;
  let index = size;
  let current = hash;
  while (index % 2 === 1) {
    current = nodeHash(await need(store, level, index - 1), current);
    level += 1;
    index = (index - 1) / 2;
    created.push({ level, index, hash: current });
  }
  return created;
}

/** Root of the first `size` leaves. */
export const treeRoot = async (store: NodeStore, size: number): Promise<Uint8Array> => {
  checkSize(size);
  return size === 0 ? EMPTY_ROOT : rangeHash(store, 0, size);
};

/** Audit path of RFC 6962 2.1.1 for leaf `index` in the tree of `size` leaves, lowest hash first. */
export async function inclusionProof(store: NodeStore, index: number, size: number): Promise<Uint8Array[]> {
  checkSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw new RangeError("leaf index outside the tree");
  const path = async (at: number, from: number, to: number): Promise<Uint8Array[]> => {
    if (to - from === 1) return [];
    const middle = from + splitPoint(to - from);
    return at < middle
      ? [...(await path(at, from, middle)), await rangeHash(store, middle, to)]
      : [...(await path(at, middle, to)), await rangeHash(store, from, middle)];
  };
  return path(index, 0, size);
}

/** Consistency proof of RFC 6962 2.1.2 between the trees of `oldSize` and `size` leaves. */
export async function consistencyProof(
  store: NodeStore,
  oldSize: number,
  size: number,
): Promise<Uint8Array[]> {
  checkSize(oldSize);
  checkSize(size);
  if (oldSize > size) throw new RangeError("the old tree is larger than the new one");
  if (oldSize === 0 || oldSize === size) return [];
  const sub = async (upTo: number, from: number, to: number, whole: boolean): Promise<Uint8Array[]> => {
    if (upTo === to) return whole ? [] : [await rangeHash(store, from, to)];
    const middle = from + splitPoint(to - from);
    return upTo <= middle
      ? [...(await sub(upTo, from, middle, whole)), await rangeHash(store, middle, to)]
      : [...(await sub(upTo, middle, to, false)), await rangeHash(store, from, middle)];
  };
  return sub(oldSize, 0, size, true);
}

/** RFC 9162 2.1.3.2. Never throws; anything malformed is a refusal. */
export function verifyInclusion(input: {
  leaf: Uint8Array;
  index: number;
  size: number;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}): boolean {
  const { index, size, proof } = input;
  if (!isSize(index) || !isSize(size) || index >= size || !allHashes([input.leaf, input.root, ...proof]))
    return false;
  let position = BigInt(index);
  let last = BigInt(size - 1);
  let hash = input.leaf;
  for (const step of proof) {
    if (last === 0n) return false;
    if (position % 2n === 1n || position === last) {
      hash = nodeHash(step, hash);
      while (position % 2n === 0n && position !== 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, step);
    }
    position >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equalBytes(hash, input.root);
}

/** RFC 9162 2.1.4.2. Never throws; the empty tree is consistent with every tree. */
export function verifyConsistency(input: {
  oldSize: number;
  oldRoot: Uint8Array;
  size: number;
  root: Uint8Array;
  proof: readonly Uint8Array[];
}): boolean {
  const { oldSize, size, oldRoot, root, proof } = input;
  if (!isSize(oldSize) || !isSize(size) || oldSize > size || !allHashes([oldRoot, root, ...proof]))
    return false;
  if (oldSize === size) return proof.length === 0 && equalBytes(oldRoot, root);
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldRoot, EMPTY_ROOT);
  const steps = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : [...proof];
  const first = steps.shift();
  if (first === undefined) return false;
  let [position, last] = [BigInt(oldSize - 1), BigInt(size - 1)];
  while (position % 2n === 1n) [position, last] = [position >> 1n, last >> 1n];
  let [oldHash, hash] = [first, first];
  for (const step of steps) {
    if (last === 0n) return false;
    if (position % 2n === 1n || position === last) {
      oldHash = nodeHash(step, oldHash);
      hash = nodeHash(step, hash);
      while (position % 2n === 0n && position !== 0n) [position, last] = [position >> 1n, last >> 1n];
    } else {
      hash = nodeHash(hash, step);
    }
    [position, last] = [position >> 1n, last >> 1n];
  }
  return last === 0n && equalBytes(oldHash, oldRoot) && equalBytes(hash, root);
}

/** Hash of leaves [from, to); `from` is always a multiple of the largest power of two that the range needs. */
async function rangeHash(store: NodeStore, from: number, to: number): Promise<Uint8Array> {
  const width = to - from;
  if (isPowerOfTwo(width)) return need(store, Math.log2(width), from / width);
  const middle = from + splitPoint(width);
  return nodeHash(await rangeHash(store, from, middle), await rangeHash(store, middle, to));
}

async function need(store: NodeStore, level: number, index: number): Promise<Uint8Array> {
  const hash = await store.getNode(level, index);
  if (hash === undefined) throw new Error(`log node ${level}/${index} is missing`);
  return hash;
}

/** Largest power of two below `width` (width > 1). */
function splitPoint(width: number): number {
  let power = 1;
  while (power * 2 < width) power *= 2;
  return power;
}

const isPowerOfTwo = (value: number): boolean => {
  let power = 1;
  while (power < value) power *= 2;
  return power === value;
};
const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const allHashes = (hashes: readonly Uint8Array[]): boolean => hashes.every((hash) => hash.length === 32);
function checkSize(size: number): void {
  if (!isSize(size)) throw new RangeError("tree size must be a non-negative safe integer");
}
