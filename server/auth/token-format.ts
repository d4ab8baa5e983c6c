import { createHmac, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { sha256Hex } from "@/server/core/digest";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PREFIX = "mw_";

function base62(value: number, length: number): string {
  let rest = value;
  let text = "";
  for (let i = 0; i < length; i += 1) {
    text = (ALPHABET[rest % 62] ?? "0") + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

const checksum = (body: string) => base62(crc32(body), 6);

/** `mw_` + 30 random base62 digits (178 bits) + 6 digits of CRC-32, so that a secret scanner can tell ours from noise. */
export function newApiToken(): string {
  let body = "";
  while (body.length < 30) {
    for (const byte of randomBytes(48)) {
      if (byte < 248 && body.length < 30) body += ALPHABET[byte % 62] ?? "";
    }
  }
  return `${PREFIX}${body}${checksum(body)}`;
}

/** The token that a secret gives for a purpose: the same each time, so that work which is repeated after a crash needs no stored secret. */
export function derivedApiToken(secret: string, purpose: string): string {
  let body = "";
  for (let block = 0; body.length < 30; block += 1) {
    for (const byte of createHmac("sha256", secret).update(`${purpose}\n${block}`).digest()) {
      if (byte < 248 && body.length < 30) body += ALPHABET[byte % 62] ?? "";
    }
  }
  return `${PREFIX}${body}${checksum(body)}`;
}

/** Whether the text has our form and checksum; says nothing of whether the token is valid. */
export function looksLikeApiToken(text: string): boolean {
  const match = /^mw_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/.exec(text);
  return match?.[1] !== undefined && checksum(match[1]) === match[2];
}

export const tokenPrefix = (token: string): string => token.slice(0, 9);
export const tokenHash = (token: string): string => sha256Hex(token);
