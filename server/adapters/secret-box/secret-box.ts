import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { AppError } from "../../core/errors";
import type { SecretKeys } from "./secret-keys";

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A secret as the database keeps it: which key sealed it, then nonce, tag and bytes. */
export interface Sealed {
  keyId: string;
  sealed: string;
}

const keyOf = (key: SecretKeys[number]) => Buffer.from(key.key, "base64");

/** Seals a text with the newest key, for one place only: moved elsewhere it does not open. */
export function seal(keys: SecretKeys, text: string, place: string): Sealed {
  const key = keys.at(-1);
  if (!key) throw new Error("there is no key");
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyOf(key), iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(place, "utf8"));
  const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return { keyId: key.id, sealed: Buffer.concat([iv, cipher.getAuthTag(), bytes]).toString("base64") };
}

/** @throws AppError `unavailable` when it was sealed by another key, for another place, or was changed */
export function open(keys: SecretKeys, { keyId, sealed }: Sealed, place: string): string {
  const key = keys.find(({ id }) => id === keyId);
  const bytes = Buffer.from(sealed, "base64");
  try {
    if (!key) throw new Error("no key");
    const decipher = createDecipheriv("aes-256-gcm", keyOf(key), bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(place, "utf8"));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
      "utf8",
    );
  } catch {
    throw new AppError("unavailable", "A stored credential cannot be opened with the keys of this machine.", {
      hint: "Copy credential-keys.json from the machine that stored it, or enter the credential again.",
    });
  }
}
