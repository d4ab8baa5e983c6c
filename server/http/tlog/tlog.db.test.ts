import { execFile } from "node:child_process";
import { createPublicKey } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@/server/core/ids";
import {
  getAttestation,
  verifyAttestation,
  getBundle,
  getProof,
} from "@/server/governance/attestations/read-attestations";
import { evaluateGates } from "@/server/governance/gates/evaluate-gates";
import { getConsistency, listLogEntries } from "@/server/governance/log/read-log";
import { verifyLog } from "@/server/governance/log/verify-log";
import { createWorld, goodEvidence, type Person, type World } from "@/server/governance/testing";
import {
  decodeEntryBundle,
  leafHash,
  openCheckpoint,
  parseTlogProof,
  toHex,
  verifyTlogProof,
} from "@/server/governance/trust";
import { createHttpApp } from "@/server/house/http-app";

const run = promisify(execFile);
let world: World;
let viewer: Person;
let folder: string;
let app: ReturnType<typeof createHttpApp>;
let attestationId: string;
let keptCheckpoint: string;

async function gate() {
  const result = await evaluateGates(world.system(), {
    subject: { kind: "version", id: newId("version"), digest: `sha256:${"a".repeat(64)}`, name: "churn v1" },
    evidence: goodEvidence(),
    trigger: "registered",
    requestedBy: viewer.id,
  });
  return result.verdicts[0]?.attestationId ?? expect.fail("no attestation");
}

beforeAll(async () => {
  world = await createWorld();
  viewer = await world.person("viewer");
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "mw-tlog-"));
  app = createHttpApp();
  attestationId = await gate();
  for (let round = 0; round < 3; round += 1) await gate();
  keptCheckpoint = await (await app.request("/log/checkpoint")).text();
});
afterAll(async () => {
  await fs.rm(folder, { recursive: true, force: true });
  await world.close();
});

const keys = async () =>
  (await (await app.request("/log/keys.json")).json()) as {
    verifierKey: string;
    keys: { keyId: string; purpose: string; pem: string }[];
    trustedRoot: unknown;
  };

describe("the log over HTTP, without signing in", () => {
  it("serves a signed checkpoint whose tree its tiles give", async () => {
    const { verifierKey } = await keys();
    const opened = openCheckpoint(keptCheckpoint, verifierKey);
    expect(opened).toMatchObject({ origin: "modelworks.local", size: 24 });
    const tile = await app.request("/log/tile/0/000.p/24");
    expect(tile.headers.get("cache-control")).toContain("immutable");
    const hashes = Buffer.from(await tile.arrayBuffer());
    const bundle = new Uint8Array(await (await app.request("/log/tile/entries/000.p/24")).arrayBuffer());
    const entries = decodeEntryBundle(bundle);
    expect(entries).toHaveLength(24);
    expect(Buffer.concat(entries.map((entry) => leafHash(entry))).equals(hashes)).toBe(true);
  });

  it.each([
    "tile/0/000",
    "tile/0/000.p/25",
    "tile/0/001",
    "tile/9/000.p/1",
    "tile/0/0",
    "tile/x/000",
    "keys/ab.pem",
  ])("answers %s with a problem document", async (address) => {
    const response = await app.request(`/log/${address}`);
    expect(response.status).toBe(404);
  });

  it("keeps attestations themselves to the team", async () => {
    expect((await app.request(`/api/v1/attestations/${attestationId}/bundle`)).status).toBe(401);
    const foreign = await world.person("admin", { teamId: world.otherTeamId });
    await expect(getBundle.execute(foreign.caller, { attestationId })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(getBundle.execute(viewer.caller, { attestationId: "x" })).rejects.toMatchObject({
      code: "invalid",
    });
  });
});

describe("a downloaded bundle", () => {
  it("is verified by the command that the page shows, with openssl alone", async () => {
    const { commands, keyId } = await getAttestation.execute(viewer.token, { attestationId });
    const bundle = await getBundle.execute(viewer.token, { attestationId });
    const pem = await (await app.request(`/log/keys/${keyId}.pem`)).text();
    await fs.writeFile(path.join(folder, commands.bundleFile), JSON.stringify(bundle, null, 2));
    await fs.writeFile(path.join(folder, "attestor.pem"), pem);
    // The first line fetches the key, which this test has fetched from the app already.
    const script = commands.openssl.split("\n").slice(1).join("\n");
    const { stdout } = await run("sh", ["-c", script], { cwd: folder });
    expect(stdout).toContain("Verified OK");
    const other = {
      ...bundle,
      dsseEnvelope: { ...bundle.dsseEnvelope, payload: Buffer.from("{}").toString("base64") },
    };
    await fs.writeFile(path.join(folder, commands.bundleFile), JSON.stringify(other));
    await expect(run("sh", ["-c", script], { cwd: folder })).rejects.toThrow();
  });

  it("is accepted by Sigstore's verifier with the published trusted root", async () => {
    const { trustedRoot, keys: all } = await keys();
    const attestor = all.find((key) => key.purpose === "attestor") ?? expect.fail("no attestor key");
    const material = toTrustMaterial(TrustedRoot.fromJSON(trustedRoot), () => ({
      publicKey: createPublicKey(attestor.pem),
      validFor: () => true,
    }));
    const bundle = await getBundle.execute(viewer.caller, { attestationId });
    const verifier = new Verifier(material, { tlogThreshold: 1, ctlogThreshold: 0, timestampThreshold: 0 });
    expect(() => verifier.verify(toSignedEntity(bundleFromJSON(structuredClone(bundle))))).not.toThrow();
  });

  it("comes with an offline proof, and verifies here", async () => {
    const { verifierKey } = await keys();
    const { text } = await getProof.execute(viewer.caller, { attestationId });
    const index = parseTlogProof(text)?.index ?? -1;
    const entries = decodeEntryBundle(
      new Uint8Array(await (await app.request("/log/tile/entries/000.p/24")).arrayBuffer()),
    );
    expect(verifyTlogProof(text, leafHash(entries[index] ?? new Uint8Array()), verifierKey)).toBe(true);
    expect(await verifyAttestation.execute(viewer.caller, { attestationId })).toMatchObject({ ok: true });
  });
});

describe("the whole log", () => {
  it("proves that it only grew", async () => {
    expect(await getConsistency.execute(viewer.caller, { from: 7, to: 24 })).toMatchObject({
      consistent: true,
    });
    await expect(getConsistency.execute(viewer.caller, { from: 7, to: 99 })).rejects.toMatchObject({
      code: "invalid",
    });
    const page = await listLogEntries.execute(viewer.caller, { limit: 5 });
    expect(page.items.map((item) => item.index)).toEqual([23, 22, 21, 20, 19]);
    const foreign = await world.person("viewer", { teamId: world.otherTeamId });
    const seen = await listLogEntries.execute(foreign.caller, { limit: 5 });
    expect(seen.items.every((item) => item.attestation === null && item.digest.length === 64)).toBe(true);
  });

  it("recomputes, also against a checkpoint kept outside", async () => {
    const verdict = await verifyLog.execute(viewer.caller, { checkpoint: keptCheckpoint });
    expect(verdict).toMatchObject({ ok: true, checked: 24, problems: [] });
    expect(
      toHex(openCheckpoint(keptCheckpoint, (await keys()).verifierKey)?.rootHash ?? new Uint8Array()),
    ).toBe(verdict.rootHash);
    await expect(verifyLog.execute(viewer.caller, { checkpoint: "mine\n1\nAAAA\n" })).rejects.toMatchObject({
      code: "invalid",
    });
  });

  it.each([
    [
      "an edited entry",
      "update log_leaves set entry = entry || '\\x20'::bytea where index = 3",
      "Entry 3 was changed",
    ],
    [
      "an edited attestation",
      `update attestations set envelope = jsonb_set(envelope, '{payload}', '"e30="') where leaf_index = 4`,
      "does not match entry 4",
    ],
    ["a deleted attestation", "delete from attestations where leaf_index = 5", "entry 5 is missing"],
    [
      "a changed node",
      "update log_nodes set hash = decode(repeat('ab', 32), 'hex') where level = 1 and index = 2",
      "Node 1/2",
    ],
    [
      "a cut tail",
      "delete from log_leaves where index > 20; delete from log_nodes where index >= 21 / (2 ^ level); delete from log_checkpoints where size > 20; delete from attestations where leaf_index > 20",
      "it was cut",
    ],
  ])("shows %s that a superuser made", async (_what, statements, problem) => {
    const owner = new Client({ connectionString: world.ownerUrl });
    await owner.connect();
    try {
      await owner.query("begin; set local session_replication_role = replica");
      await owner.query(statements);
      // Looked at inside the forger's transaction, then taken back, so that each case stands alone.
      const { drizzle } = await import("drizzle-orm/node-postgres");
      const schema = await import("@/db/schema");
      const verdict = await verifyLog.execute(
        { actor: viewer.actor, db: drizzle(owner, { schema }) },
        { checkpoint: keptCheckpoint },
      );
      expect(verdict.ok).toBe(false);
      expect(verdict.problems.join("\n")).toContain(problem);
    } finally {
      await owner.query("rollback");
      await owner.end();
    }
  });
});
