import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FORMER_KEYS_FILE, writeFormerKeys } from "./former-keys";
import { ATTESTATION_KEY_FILE, keyRingStamp, openKeyRing, trustedAttestors } from "./local-signer";
import { revokeKey, rotateKey } from "./rotate-keys";

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, "../../..");
const at = (day: number) => new Date(Date.UTC(2026, 2, day));

let home: string;
let folder: string;
beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), "mw-keys-"));
  folder = path.join(home, "keys");
});
afterEach(() => fs.rm(home, { recursive: true, force: true }));

describe("rotating a key", () => {
  it("signs with another one, and keeps the public half of the former with its time", async () => {
    const first = await openKeyRing(folder);
    const before = await keyRingStamp(folder);
    await rotateKey(folder, "attestor", at(1));
    expect(await keyRingStamp(folder)).not.toBe(before);
    await rotateKey(folder, "attestor", at(2));
    const ring = await openKeyRing(folder);
    expect(ring.log.keyId).toBe(first.log.keyId);
    expect(ring.former).toMatchObject([
      { keyId: first.attestation.keyId, purpose: "attestor", validUntil: at(1) },
      { purpose: "attestor", validFrom: at(1), validUntil: at(2) },
    ]);
    expect(trustedAttestors(ring)).toEqual([
      ring.attestation.publicKeyPem,
      ...ring.former.map((key) => key.publicKeyPem),
    ]);
    expect(new Set(trustedAttestors(ring)).size).toBe(3);
    for (const name of await fs.readdir(folder)) {
      expect((await fs.stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
      const text = await fs.readFile(path.join(folder, name), "utf8");
      if (name === FORMER_KEYS_FILE) expect(text).not.toContain("PRIVATE KEY");
    }
  });

  it("changes nothing when it dies before the new key is there, and lists each key once when it is repeated", async () => {
    const { attestation } = await openKeyRing(folder);
    const kept = await fs.readFile(path.join(folder, ATTESTATION_KEY_FILE));
    await rotateKey(folder, "attestor", at(1));
    // The state in between: listed as former, but the file of the key is still the old one.
    await fs.writeFile(path.join(folder, ATTESTATION_KEY_FILE), kept, { mode: 0o600 });
    const between = await openKeyRing(folder);
    expect(between.attestation.keyId).toBe(attestation.keyId);
    expect(between.former).toEqual([]);
    await rotateKey(folder, "attestor", at(2));
    expect((await openKeyRing(folder)).former).toMatchObject([
      { keyId: attestation.keyId, validUntil: at(2) },
    ]);
  });

  it("happens once at a time", async () => {
    await openKeyRing(folder);
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => rotateKey(folder, "log", at(1))));
    const done = tries.filter((each) => each.status === "fulfilled");
    expect(done.length).toBeGreaterThanOrEqual(1);
    expect((await openKeyRing(folder)).former).toHaveLength(done.length);
    await fs.writeFile(path.join(folder, ".changing-keys"), "");
    await expect(rotateKey(folder, "log", at(2))).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("revoking a key", () => {
  it("is for former keys alone, and ends all trust in them", async () => {
    const first = await openKeyRing(folder);
    const { keyId, publicKeyPem } = first.attestation;
    await expect(revokeKey(folder, keyId, "stolen", at(1))).rejects.toMatchObject({ code: "invalid" });
    await expect(revokeKey(folder, "0".repeat(64), "stolen", at(1))).rejects.toMatchObject({
      code: "not_found",
    });
    await rotateKey(folder, "attestor", at(1));
    expect(trustedAttestors(await openKeyRing(folder))).toContain(publicKeyPem);
    await revokeKey(folder, keyId, "stolen", at(2));
    const ring = await openKeyRing(folder);
    expect(trustedAttestors(ring)).toEqual([ring.attestation.publicKeyPem]);
    expect(ring.former).toMatchObject([{ keyId, revokedAt: at(2), reason: "stolen" }]);
  });

  it("is not lost with a damaged list: nothing is trusted until it is restored", async () => {
    await openKeyRing(folder);
    await writeFormerKeys(folder, []);
    await fs.writeFile(path.join(folder, FORMER_KEYS_FILE), "[{}]");
    await expect(openKeyRing(folder)).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("the operator's command", () => {
  const keys = (...args: string[]) =>
    run(path.join(ROOT, "node_modules/.bin/tsx"), [path.join(ROOT, "server/keys-main.ts"), ...args], {
      cwd: ROOT,
      env: { ...process.env, MODELWORKS_HOME: home },
    });

  it("lists, rotates and revokes, and says what a wrong call wants", async () => {
    const first = await openKeyRing(folder);
    const rotated = await keys("rotate", "attestor");
    const ring = await openKeyRing(folder);
    expect(ring.former.map((key) => key.keyId)).toEqual([first.attestation.keyId]);
    expect(rotated.stdout).toContain(`${first.attestation.keyId} signs no more`);
    expect(rotated.stdout).toContain(`${ring.attestation.keyId} signs from now on`);
    await keys("revoke", first.attestation.keyId, "The", "laptop", "was", "stolen.");
    const { stdout } = await keys("list");
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      expect.stringMatching(/^attestor {2}[0-9a-f]{64} {2}.* revoked .*: The laptop was stolen\.$/),
      expect.stringContaining(`attestor  ${ring.attestation.keyId}  since 20`),
      expect.stringContaining(`log  ${ring.log.keyId}  since its first use`),
    ]);
    await expect(keys("rotate", "everything")).rejects.toMatchObject({ code: 2 });
    await expect(keys("revoke", ring.log.keyId, "why")).rejects.toMatchObject({ code: 1 });
  });
});
