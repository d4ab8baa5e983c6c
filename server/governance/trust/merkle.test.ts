import { describe, expect, it } from "vitest";
import { fromBase64, toHex } from "./bytes";
import * as merkle from "./merkle";
import {
  decodeEntryBundle,
  encodeEntryBundle,
  encodeTile,
  parseTilePath,
  tileExists,
  tileIndexPath,
  tilePath,
  tilesOfTree,
} from "./tiles";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

/** Leaves and roots of the public RFC 6962 test tree. */
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

async function build(leaves: readonly Uint8Array[]) {
  const store = new merkle.MemoryNodeStore();
  const roots = [merkle.EMPTY_ROOT];
  for (const [size, leaf] of leaves.entries()) {
    store.put(await merkle.appendLeaf(store, size, merkle.leafHash(leaf)));
    roots.push(await merkle.treeRoot(store, size + 1));
  }
  return { store, roots };
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, at) => new Uint8Array([at >> 8, at & 255]));
const flip = (bytes: Uint8Array, at: number) =>
  bytes.map((byte, index) => (index === at % bytes.length ? byte ^ 1 : byte));

describe("the Merkle tree", () => {
  it("has the published roots", async () => {
    const { roots } = await build(LEAVES.map(hex));
    expect(roots.map(toHex)).toEqual(ROOTS);
  });

  it("proves every leaf of every size to 40 and refuses every mutation", async () => {
    const leaves = numbered(40);
    const { store, roots } = await build(leaves);
    for (let size = 1; size <= 40; size += 1) {
      const root = roots[size] ?? new Uint8Array();
      for (let index = 0; index < size; index += 1) {
        const leaf = merkle.leafHash(leaves[index] ?? new Uint8Array());
        const proof = await merkle.inclusionProof(store, index, size);
        const good = { leaf, index, size, proof, root };
        expect(merkle.verifyInclusion(good)).toBe(true);
        const bad = [
          { ...good, leaf: flip(leaf, index) },
          { ...good, root: flip(root, size) },
          { ...good, proof: [...proof, leaf] },
          { ...good, proof: [leaf, ...proof] },
          { ...good, index: size },
          { ...good, index: -1 },
          ...proof.map((_, at) => ({ ...good, proof: proof.filter((__, other) => other !== at) })),
          ...proof.map((_, at) => ({
            ...good,
            proof: proof.map((hash, other) => (other === at ? flip(hash, at) : hash)),
          })),
          ...(index + 1 < size ? [{ ...good, index: index + 1 }] : []),
          ...(index > 0 ? [{ ...good, index: index - 1 }] : []),
        ];
        for (const one of bad) expect(merkle.verifyInclusion(one)).toBe(false);
      }
    }
  });

  it("proves consistency of every pair of sizes to 40 and refuses every mutation", async () => {
    const { store, roots } = await build(numbered(40));
    for (let size = 1; size <= 40; size += 1) {
      for (let oldSize = 0; oldSize <= size; oldSize += 1) {
        const proof = await merkle.consistencyProof(store, oldSize, size);
        const good = {
          oldSize,
          size,
          proof,
          oldRoot: roots[oldSize] ?? hex(""),
          root: roots[size] ?? hex(""),
        };
        expect(merkle.verifyConsistency(good)).toBe(true);
        const bad = [
          { ...good, oldRoot: flip(good.oldRoot, size) },
          { ...good, proof: [...proof, good.root] },
          { ...good, oldSize: size + 1 },
          ...(oldSize > 0 ? [{ ...good, root: flip(good.root, oldSize) }] : []),
          ...proof.map((_, at) => ({ ...good, proof: proof.filter((__, other) => other !== at) })),
          ...proof.map((_, at) => ({
            ...good,
            proof: proof.map((hash, other) => (other === at ? flip(hash, at) : hash)),
          })),
        ];
        for (const one of bad) expect(merkle.verifyConsistency(one)).toBe(false);
      }
    }
  });
});

describe("tiles", () => {
  it("writes and reads paths", () => {
    expect(tileIndexPath(1_234_067)).toBe("x001/x234/067");
    expect(parseTilePath("tile/0/x001/x234/067")).toEqual({ level: 0, index: 1_234_067, width: 256 });
    expect(tilePath({ level: 1, index: 1, width: 17 })).toBe("tile/1/001.p/17");
    expect(parseTilePath("tile/entries/000.p/3")).toEqual({ level: "entries", index: 0, width: 3 });
    for (const bad of [
      "tile/0/1",
      "tile/0/x000/001",
      "tile/0/001.p/256",
      "tile/0/001.p/0",
      "tile/64/000",
      "tile/00/000",
      "tile/0/../000",
    ]) {
      expect(parseTilePath(bad)).toBeUndefined();
    }
  });

  it("cuts a tree of 70,000 as the specification's example does", () => {
    const tiles = tilesOfTree(70_000);
    const count = (level: number, width: number) =>
      tiles.filter((tile) => tile.level === level && tile.width === width).length;
    expect([count(0, 256), count(0, 112), count(1, 256), count(1, 17), count(2, 1), tiles.length]).toEqual([
      273, 1, 1, 1, 1, 277,
    ]);
    expect(tiles.every((tile) => tileExists(tile, 70_000))).toBe(true);
    expect(tileExists({ level: 0, index: 273, width: 113 }, 70_000)).toBe(false);
  });

  it("holds the tree's nodes, across a tile edge", async () => {
    const leaves = numbered(300);
    const { store } = await build(leaves);
    const level0 = await encodeTile(store, { level: 0, index: 1, width: 44 });
    expect(toHex(level0.subarray(43 * 32))).toBe(toHex(merkle.leafHash(leaves[299] ?? hex(""))));
    const level1 = await encodeTile(store, { level: 1, index: 0, width: 1 });
    expect(toHex(level1)).toBe(toHex(await merkle.treeRoot(store, 256)));
    await expect(encodeTile(store, { level: 1, index: 0, width: 2 })).rejects.toThrow("missing");
  });

  it("bundles entries", () => {
    const entries = [hex(""), hex("00ff"), new Uint8Array(65_535)];
    expect(decodeEntryBundle(encodeEntryBundle(entries))).toEqual(entries);
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow(RangeError);
    expect(() => decodeEntryBundle(hex("0003ff"))).toThrow(RangeError);
  });
});

describe("base64", () => {
  it("takes both alphabets and nothing loose", () => {
    expect(fromBase64("+/+/")).toEqual(fromBase64("-_-_"));
    expect(fromBase64("-_8")).toEqual(hex("fbff"));
    for (const bad of ["+_++", "a", "aa=", "aa==\n", "ab==", "a a="])
      expect(fromBase64(bad), bad).toBeUndefined();
  });
});
