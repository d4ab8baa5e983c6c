import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createObjectStore, type ObjectStore } from "./index";
import { parseS3Url } from "./s3";
import { startS3Server, type S3Server } from "./testing/s3-server";

const sha256 = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const absent = `sha256:${"0".repeat(64)}`;

/** A store under test and where it keeps a blob's bytes, so that a test can damage them. */
interface Fixture {
  store: ObjectStore;
  bytesOf: (digest: string) => Promise<string>;
}

function contract(name: string, open: () => Promise<Fixture>, close: () => Promise<void>) {
  describe(name, () => {
    let fixture: Fixture;
    beforeAll(async () => {
      fixture = await open();
    });
    afterAll(close);

    it("stores a stream under the hash of its bytes and gives the same bytes back", async () => {
      const bytes = randomBytes(300_000);
      const stored = await fixture.store.put(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]));
      expect(stored).toEqual({ digest: sha256(bytes), sizeBytes: bytes.length });
      expect(await buffer(await fixture.store.get(stored.digest))).toEqual(bytes);
      expect(await fixture.store.stat(stored.digest)).toEqual(stored);
      expect(await fixture.store.verify(stored.digest)).toEqual({ ok: true, actual: stored.digest });
    });

    it("keeps a body of many parts whole", async () => {
      const part = randomBytes(1024 * 1024);
      const stored = await fixture.store.put(Readable.from(Array.from({ length: 18 }, () => part)));
      expect(stored.sizeBytes).toBe(18 * part.length);
      expect(await fixture.store.verify(stored.digest)).toEqual({ ok: true, actual: stored.digest });
    });

    it("stores an empty body, a file, and the same bytes twice at once", async () => {
      const empty = await fixture.store.put(Readable.from([]));
      expect(empty).toEqual({ digest: sha256(Buffer.alloc(0)), sizeBytes: 0 });
      const folder = await mkdtemp(path.join(tmpdir(), "mw-put-"));
      await writeFile(path.join(folder, "a.txt"), "twice");
      const file = path.join(folder, "a.txt");
      const [one, two] = await Promise.all([fixture.store.putFile(file), fixture.store.putFile(file)]);
      expect(one).toEqual(two);
      expect(await readFile(file, "utf8")).toBe("twice");
      expect(await buffer(await fixture.store.get(one.digest))).toEqual(Buffer.from("twice"));
      await rm(folder, { recursive: true });
    });

    it("reads ranges with both ends inclusive and refuses one outside", async () => {
      const { digest } = await fixture.store.put(Readable.from([Buffer.from("0123456789")]));
      const read = async (range: { start: number; end?: number }) =>
        (await buffer(await fixture.store.get(digest, { range }))).toString();
      expect(await read({ start: 2, end: 4 })).toBe("234");
      expect(await read({ start: 7 })).toBe("789");
      expect(await read({ start: 8, end: 500 })).toBe("89");
      await expect(read({ start: 10 })).rejects.toMatchObject({ code: "invalid" });
    });

    it("stores nothing when a bound is broken or the stream breaks", async () => {
      const bytes = randomBytes(5000);
      const body = () => Readable.from([bytes]);
      await expect(fixture.store.put(body(), { maxBytes: 4999 })).rejects.toMatchObject({ code: "invalid" });
      await expect(fixture.store.put(body(), { expectedDigest: absent })).rejects.toMatchObject({
        code: "invalid",
      });
      async function* breaking() {
        yield bytes;
        throw new Error("connection lost");
      }
      await expect(fixture.store.put(breaking())).rejects.toThrow("connection lost");
      expect(await fixture.store.has(sha256(bytes))).toBe(false);
    });

    it("answers for what is not there, and refuses what is no digest", async () => {
      expect(await fixture.store.has(absent)).toBe(false);
      expect(await fixture.store.stat(absent)).toBeNull();
      expect(await fixture.store.delete(absent)).toBe(false);
      expect(await fixture.store.verify(absent)).toEqual({ ok: false, actual: null });
      await expect(fixture.store.get(absent)).rejects.toMatchObject({ code: "not_found" });
      await expect(fixture.store.localPath(absent)).rejects.toMatchObject({ code: "not_found" });
      await expect(fixture.store.has("sha256:../../etc/passwd")).rejects.toMatchObject({ code: "invalid" });
    });

    it("gives a local file, and deletes", async () => {
      const { digest } = await fixture.store.put(Readable.from([Buffer.from("staged")]));
      const [one, two] = await Promise.all([
        fixture.store.localPath(digest),
        fixture.store.localPath(digest),
      ]);
      expect(one).toBe(two);
      expect(await readFile(one, "utf8")).toBe("staged");
      expect(await fixture.store.delete(digest)).toBe(true);
      expect(await fixture.store.has(digest)).toBe(false);
    });

    it("notices damaged bytes", async () => {
      const { digest } = await fixture.store.put(Readable.from([Buffer.from("before the flood")]));
      const file = await fixture.bytesOf(digest);
      await chmod(file, 0o600);
      await writeFile(file, "after the flood!");
      const { ok, actual } = await fixture.store.verify(digest);
      expect({ ok, actual }).toEqual({ ok: false, actual: sha256(Buffer.from("after the flood!")) });
    });
  });
}

let localRoot = "";
contract(
  "a folder",
  async () => {
    localRoot = await mkdtemp(path.join(tmpdir(), "mw-objects-"));
    const store = createObjectStore({ home: localRoot });
    return { store, bytesOf: (digest) => store.localPath(digest) };
  },
  async () => {
    expect(await readdir(path.join(localRoot, "objects", "tmp"))).toEqual([]);
    await rm(localRoot, { recursive: true });
  },
);

describe("what a killed process left half-written", () => {
  /** The pid of a process that has just ended. */
  const endedPid = () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    return pid;
  };

  it("goes when the next process starts; what a living one writes stays", async () => {
    const home = await mkdtemp(path.join(tmpdir(), "mw-half-"));
    const folder = path.join(home, "objects", "tmp");
    await mkdir(folder, { recursive: true });
    const name = (pid: number, host = hostname()) => `${host}~${pid}~half`;
    const [dead, living, elsewhere] = [name(endedPid()), name(process.pid), name(endedPid(), "another")];
    for (const each of [dead, living, elsewhere]) await writeFile(path.join(folder, each), "half");
    await createObjectStore({ home }).put(Readable.from([Buffer.from("whole")]));
    expect((await readdir(folder)).toSorted()).toEqual([living, elsewhere].toSorted());
    await rm(home, { recursive: true });
  });
});

describe("an S3 server", () => {
  let root = "";
  let server: S3Server;
  let url = "";
  async function open() {
    root = await mkdtemp(path.join(tmpdir(), "mw-s3-"));
    server = await startS3Server(root, "factory");
    url = `s3://factory/team/blobs?endpoint=http://127.0.0.1:${server.port}&region=eu-west-1`;
    const store = createObjectStore({ url, home: path.join(root, "home") });
    const bytesOf = async (digest: string) => {
      const hex = digest.slice("sha256:".length);
      return server.fileOf(`team/blobs/sha256/${hex.slice(0, 2)}/${hex.slice(2)}`);
    };
    return { store, bytesOf };
  }
  contract("keeps the contract", open, async () => {
    await server.stop();
    await rm(root, { recursive: true });
  });

  it("refuses to stage bytes that do not match their name", async () => {
    const { store, bytesOf } = await open();
    const { digest } = await store.put(Readable.from([Buffer.from("genuine bytes")]));
    await writeFile(await bytesOf(digest), "forged  bytes");
    const elsewhere = createObjectStore({ url, home: path.join(root, "another-machine") });
    await expect(elsewhere.localPath(digest)).rejects.toThrow("holds other bytes");
    await server.stop();
    await rm(root, { recursive: true });
  });

  it("evicts staged copies that nobody used lately", async () => {
    const { store } = await open();
    const { digest } = await store.put(Readable.from([randomBytes(10_000)]));
    const staged = await store.localPath(digest);
    const { utimes } = await import("node:fs/promises");
    await utimes(staged, new Date(0), new Date(0));
    const tight = createObjectStore({ url, home: path.join(root, "home"), stagingMaxBytes: 5000 });
    await tight.put(Readable.from([Buffer.from("newer")]));
    await expect(readFile(staged)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await readFile(await tight.localPath(digest))).toHaveLength(10_000);
    await server.stop();
    await rm(root, { recursive: true });
  });
});

describe("addresses", () => {
  it("reads an s3 address", () => {
    expect(parseS3Url("s3://b/x/y/?region=eu-west-1")).toEqual({
      bucket: "b",
      prefix: "x/y",
      endpoint: undefined,
      region: "eu-west-1",
      forcePathStyle: false,
    });
    expect(parseS3Url("s3://b?endpoint=http://h:1")).toMatchObject({ prefix: "", forcePathStyle: true });
  });

  it("names what is wrong with another address", () => {
    expect(() => createObjectStore({ url: "ftp://x", home: "/nowhere" })).toThrow('"ftp:"');
    expect(() => parseS3Url("s3://")).toThrow("s3://");
  });
});
