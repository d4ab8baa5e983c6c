import { hash } from "node:crypto";
import { canonicalJson } from "./canonical-json";

/** Lower-case hex SHA-256. */
export const sha256Hex = (data: string | Uint8Array): string => hash("sha256", data, "hex");

/** Digest of a JSON value, independent of key order. */
export const digestOf = (value: unknown): string => `sha256:${sha256Hex(canonicalJson(value))}`;

export interface ManifestFile {
  path: string;
  /** `sha256:<hex>` */
  digest: string;
}

/**
 * Identity of stored files: in-toto `dirHash` (Go's Hash1 construction). Lines of hex digest, two spaces, path, newline, sorted
 * bytewise; SHA-256 of the result. `sha256sum * | sort | sha256sum` checks it.
 */
export function manifestDigest(files: readonly ManifestFile[]): string {
  const lines = files.map((file) => ({ path: file.path, hex: file.digest.replace(/^sha256:/, "") }));
  lines.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return `sha256:${sha256Hex(lines.map((line) => `${line.hex}  ${line.path}\n`).join(""))}`;
}
