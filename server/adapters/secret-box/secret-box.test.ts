import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { addSecretKey, open, openSecretKeys, seal } from "./index";
import { SECRET_KEYS_FILE } from "./secret-keys";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-secrets-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

it("opens what it sealed, and the same text never looks the same", async () => {
  const keys = await openSecretKeys(folder);
  const [one, two] = [seal(keys, "s3cret ü", "a"), seal(keys, "s3cret ü", "a")];
  expect(open(keys, one, "a")).toBe("s3cret ü");
  expect(one.sealed).not.toBe(two.sealed);
  expect(Buffer.from(one.sealed, "base64").toString("latin1")).not.toContain("s3cret");
});

it("refuses what was moved to another place, and each changed byte", async () => {
  const keys = await openSecretKeys(folder);
  const one = seal(keys, "s3cret", "team a");
  expect(() => open(keys, one, "team b")).toThrow(/cannot be opened/);
  const bytes = Buffer.from(one.sealed, "base64");
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => open(keys, { ...one, sealed: changed.toString("base64") }, "team a")).toThrow(
      /cannot be opened/,
    );
  }
});

it("makes one key for processes that race, keeps it from others, and reads it again", async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => openSecretKeys(folder)));
  expect(new Set(all.map((keys) => keys[0]?.id)).size).toBe(1);
  expect(fs.readdirSync(folder)).toEqual([SECRET_KEYS_FILE]);
  expect(fs.statSync(path.join(folder, SECRET_KEYS_FILE)).mode & 0o777).toBe(0o600);
  fs.chmodSync(path.join(folder, SECRET_KEYS_FILE), 0o644);
  await expect(openSecretKeys(folder)).rejects.toMatchObject({ hint: expect.stringContaining("chmod 600") });
});

it("goes on opening what a former key sealed, and seals with the new one", async () => {
  const before = await openSecretKeys(folder);
  const old = seal(before, "s3cret", "a");
  const after = await addSecretKey(folder, new Date());
  expect(open(after, old, "a")).toBe("s3cret");
  const fresh = seal(after, "s3cret", "a");
  expect(fresh.keyId).not.toBe(old.keyId);
  expect(() => open(before, fresh, "a")).toThrow(/cannot be opened/);
});

it("says what to do when the file is damaged", async () => {
  await openSecretKeys(folder);
  fs.writeFileSync(path.join(folder, SECRET_KEYS_FILE), "[]", { mode: 0o600 });
  await expect(openSecretKeys(folder)).rejects.toMatchObject({ hint: expect.stringContaining("backup") });
});
