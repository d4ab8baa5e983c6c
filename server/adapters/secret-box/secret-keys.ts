import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { AppError } from "../../core/errors";
import { replaceFile } from "../signer/former-keys";

/** Beside the signing keys: back up and copied with them. */
export const SECRET_KEYS_FILE = "credential-keys.json";

const KEY_BYTES = 32;
const Keys = z
  .array(
    z.strictObject({
      id: z.string().regex(/^[0-9a-f]{16}$/),
      /** AES-256, base64. */
      key: z.base64().refine((text) => Buffer.from(text, "base64").length === KEY_BYTES),
      since: z.iso.datetime(),
    }),
  )
  .min(1);
/** Oldest first; the last one seals, all of them open. */
export type SecretKeys = z.output<typeof Keys>;

const newKey = (now: Date): SecretKeys[number] => ({
  id: randomBytes(8).toString("hex"),
  key: randomBytes(KEY_BYTES).toString("base64"),
  since: now.toISOString(),
});

const textOf = (keys: SecretKeys) => `${JSON.stringify(keys, null, 2)}\n`;

const statOf = (file: string) =>
  fs.stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });

const fault = (problem: string, hint: string) =>
  new AppError("unavailable", `The key file ${SECRET_KEYS_FILE} ${problem}.`, { hint });

/** Changes whenever the file does. */
export async function secretKeysStamp(folder: string): Promise<string> {
  const stat = await statOf(path.join(folder, SECRET_KEYS_FILE));
  return stat ? `${stat.ino}:${stat.mtimeMs}:${stat.size}` : "none";
}

/** The keys that seal credentials; made on first use. Processes that race agree on the file that landed first. @throws AppError when it is damaged or open to others */
export async function openSecretKeys(folder: string): Promise<SecretKeys> {
  const file = path.join(folder, SECRET_KEYS_FILE);
  if ((await statOf(file)) === undefined) {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    const mine = `${file}.${process.pid}.${randomBytes(6).toString("hex")}`;
    await replaceFile(mine, textOf([newKey(new Date())]));
    try {
      await fs.link(mine, file).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      });
    } finally {
      await fs.rm(mine, { force: true });
    }
  }
  const stat = await fs.stat(file);
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0)
    throw fault("can be read by other users", `Run: chmod 600 ${file}`);
  try {
    return Keys.parse(JSON.parse(await fs.readFile(/* turbopackIgnore: true */ file, "utf8")));
  } catch {
    throw fault("is damaged", "Restore it from your backup; without it, credentials must be entered again.");
  }
}

/** Puts a new key in front of the others, which go on opening what they sealed. */
export async function addSecretKey(folder: string, now: Date): Promise<SecretKeys> {
  const keys = [...(await openSecretKeys(folder)), newKey(now)];
  await replaceFile(path.join(folder, SECRET_KEYS_FILE), textOf(keys));
  return keys;
}
