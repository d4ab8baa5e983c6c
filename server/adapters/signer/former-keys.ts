import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { AppError } from "../../core/errors";
import type { FormerKey } from "./port";

export const FORMER_KEYS_FILE = "former-keys.json";

const Time = z.iso.datetime().transform((text) => new Date(text));
const Row = z.strictObject({
  keyId: z.string().regex(/^[0-9a-f]{64}$/),
  purpose: z.enum(["attestor", "log"]),
  algorithm: z.string(),
  publicKeyPem: z.string().startsWith("-----BEGIN PUBLIC KEY-----"),
  validFrom: Time.optional(),
  validUntil: Time,
  revokedAt: Time.optional(),
  reason: z.string().optional(),
});
const Rows = z.array(Row);

/** @throws AppError when the file is damaged: a revocation must not be lost with it. */
export async function readFormerKeys(folder: string): Promise<FormerKey[]> {
  const file = path.join(folder, FORMER_KEYS_FILE);
  let text: string;
  try {
    text = await fs.readFile(/* turbopackIgnore: true */ file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  try {
    return Rows.parse(JSON.parse(text));
  } catch {
    throw new AppError("unavailable", `The list of former signing keys, ${FORMER_KEYS_FILE}, is damaged.`, {
      hint: "Restore the file from your backup.",
    });
  }
}

export const writeFormerKeys = (folder: string, rows: readonly FormerKey[]): Promise<void> =>
  replaceFile(path.join(folder, FORMER_KEYS_FILE), `${JSON.stringify(rows, null, 2)}\n`);

/** The whole content or the earlier one: written beside the file, flushed and moved over it. */
export async function replaceFile(file: string, content: string | Buffer): Promise<void> {
  const temporary = `${file}.${process.pid}.${randomBytes(6).toString("hex")}`;
  const handle = await fs.open(/* turbopackIgnore: true */ temporary, "wx", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
    await handle.close();
    await fs.rename(temporary, file);
  } finally {
    await handle.close().catch(() => undefined);
    await fs.rm(temporary, { force: true });
  }
}
