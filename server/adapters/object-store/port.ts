import type { Readable } from "node:stream";

/** A content address: `sha256:` and 64 lower-case hex digits. */
export type BlobDigest = `sha256:${string}`;

/** What the store knows of one blob. */
export interface StoredBlob {
  digest: BlobDigest;
  sizeBytes: number;
}

/** An inclusive byte range; without `end`, to the last byte. */
export interface ByteRange {
  start: number;
  end?: number;
}

/** Bounds checked while a body streams in. A broken bound stores nothing. */
export interface PutOptions {
  /** Refuse (`invalid`) when the bytes hash to something else. */
  expectedDigest?: string;
  /** Refuse (`invalid`) beyond this many bytes. */
  maxBytes?: number;
}

/** The outcome of re-reading a blob against its own name. `actual` is null when it is missing. */
export interface BlobVerification {
  ok: boolean;
  actual: BlobDigest | null;
}

/** Where a body comes from: any stream of bytes, never a whole buffer. */
export type BlobSource = Readable | AsyncIterable<Uint8Array>;

/**
 * Immutable blobs named by the SHA-256 of their bytes. Storing the same bytes twice stores them once.
 * Bodies are streamed; no method holds a whole blob in memory.
 */
export interface ObjectStore {
  /** Streams a body in and answers its address once the bytes are durable. */
  put(source: BlobSource, options?: PutOptions): Promise<StoredBlob>;
  /** The same for a file on this machine; the file is left as it is. */
  putFile(path: string, options?: PutOptions): Promise<StoredBlob>;
  /** Opens a blob for reading. Errors: `not_found`; `invalid` for a malformed digest or range. */
  get(digest: string, options?: { range?: ByteRange }): Promise<Readable>;
  has(digest: string): Promise<boolean>;
  /** Size and address, or null when the blob is not stored. */
  stat(digest: string): Promise<StoredBlob | null>;
  /** Removes a blob; false when there was none. The caller proves that nothing refers to it. */
  delete(digest: string): Promise<boolean>;
  /**
   * A read-only file on this machine with the blob's bytes, staged and checked against the digest when the store is
   * remote. Never write to it. Errors: `not_found`, `internal` when the remote bytes do not match their name.
   */
  localPath(digest: string): Promise<string>;
  /** Reads every byte again and compares with the name. */
  verify(digest: string): Promise<BlobVerification>;
}
