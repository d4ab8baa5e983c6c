import { createHash, timingSafeEqual } from "node:crypto";

export const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "utf8"));
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b);

const ALPHABET = /^[A-Za-z0-9+/_-]*={0,2}$/;

/**
 * Decodes standard or URL-safe base64, padded or not, but nothing looser: no white space, no mixed alphabets, no
 * stray trailing bits. `undefined` when the text is not base64.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!ALPHABET.test(text)) return undefined;
  if (/[+/]/.test(text) && /[-_]/.test(text)) return undefined;
  const body = text.replace(/=+$/, "");
  if (body.length % 4 === 1) return undefined;
  if (text.length !== body.length && text.length % 4 !== 0) return undefined;
  const decoded = Buffer.from(body, "base64");
  const again = decoded.toString("base64url");
  return again === body.replaceAll("+", "-").replaceAll("/", "_") ? new Uint8Array(decoded) : undefined;
}
