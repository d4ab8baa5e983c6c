import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { serve, type ServerType } from "@hono/node-server";
import { Client } from "pg";
import { z } from "zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@/server/core/ids";
import {
  getAttestation,
  getBundle,
  getEnvelope,
  getSignatureBundle,
  listAttestations,
  verifyCommands,
} from "@/server/governance/attestations/read-attestations";
import { evaluateGates } from "@/server/governance/gates/evaluate-gates";
import { decideReview } from "@/server/governance/reviews/decide-review";
import { requestReview } from "@/server/governance/reviews/request-review";
import {
  createWorld,
  goodEvidence,
  type Person,
  type World,
  registerThing,
} from "@/server/governance/testing";
import { PREDICATE_TYPES, verifyBundle } from "@/server/governance/trust";
import {
  cosignAnswer,
  foreignPrograms,
  goAnswers,
  sigstore3Answer,
  sigstoreAnswer,
  type Programs,
} from "@/server/governance/trust/testing/verifiers";
import { createHttpApp } from "@/server/house/http-app";

const run = promisify(execFile);
const DIGEST = `sha256:${"a".repeat(64)}`;
const BOUND = { manifest: DIGEST, contract: DIGEST, card: DIGEST, gates: DIGEST };
const Keys = z.object({
  verifierKeys: z.array(z.string()),
  keys: z.array(z.object({ keyId: z.string(), purpose: z.string(), pem: z.string() })),
  trustedRoot: z.unknown(),
});

let world: World;
let reviewer: Person;
let folder: string;
let server: ServerType;
let portalUrl: string;
let programs: Programs;
/** Every verdict of the built-in policies and a person's decision, about one thing. */
let made: Awaited<ReturnType<typeof listAttestations.execute>>["items"];

beforeAll(async () => {
  programs = await foreignPrograms();
  world = await createWorld();
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "mw-downloads-"));
  const [author, someone] = [await world.person("admin"), await world.person("reviewer")];
  reviewer = someone;
  registerThing(() => BOUND);
  const subject = { kind: "thing", id: newId("version"), digest: DIGEST, name: "churn's “v4”" };
  await evaluateGates(world.system(), {
    subject,
    evidence: goodEvidence(),
    trigger: "registered",
    requestedBy: author.id,
  });
  const { reviewId } = await requestReview(author.ctx(), {
    subject,
    environment: "production",
    rationale: "Two points better on the holdout.",
    digests: BOUND,
    excludedIds: [],
  });
  await decideReview.execute(reviewer.caller, { reviewId, decision: "approve", reason: "Read all of it." });
  ({ items: made } = await listAttestations.execute(reviewer.caller, {
    subjectKind: "thing",
    subjectId: subject.id,
  }));
  const app = createHttpApp();
  await new Promise<void>((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
      portalUrl = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await fs.rm(folder, { recursive: true, force: true });
  await world.close();
});

const keys = async () => Keys.parse(await (await fetch(`${portalUrl}/log/keys.json`)).json());
const pemOf = async (keyId: string) => (await fetch(`${portalUrl}/log/keys/${keyId}.pem`)).text();

describe("each attestation that the product makes", () => {
  it("is there in every kind", () => {
    const kinds = new Set(made.map((row) => row.predicateType));
    expect(kinds).toEqual(new Set([PREDICATE_TYPES.policyEvaluation, PREDICATE_TYPES.humanReview]));
    expect(made).toHaveLength(7);
  });

  it("is accepted by verifiers that are not ours, with what the portal publishes", async () => {
    const { trustedRoot, verifierKeys } = await keys();
    for (const { id, keyId, label, predicateType, subjectDigest } of made) {
      const bundle = await getBundle.execute(reviewer.caller, { attestationId: id });
      const publicKeyPem = await pemOf(keyId);
      const sha256 = subjectDigest.replace("sha256:", "");
      const asked = { bundle, publicKeyPem, trustedRoot, predicateType, sha256 };
      expect(await cosignAnswer(programs, folder, asked), label).toMatchObject({ ok: true });
      expect(sigstoreAnswer(bundle, trustedRoot, publicKeyPem), label).toMatchObject({ ok: true });
      const request = { bundle, publicKey: publicKeyPem, verifierKeys };
      expect(await goAnswers(programs, [request]), label).toMatchObject([{ ok: true }]);
      const alone = await getSignatureBundle.execute(reviewer.caller, { attestationId: id });
      expect(sigstore3Answer(alone, trustedRoot, publicKeyPem, 0), label).toMatchObject({ ok: true });
    }
  });

  it("verifies by the very lines that its page offers, with cosign and with openssl alone", async () => {
    for (const row of made) {
      const commands = verifyCommands(row, portalUrl);
      const at = await fs.mkdtemp(path.join(folder, "page-"));
      const bundle = path.join(at, commands.bundleFile);
      const shell = (script: string) =>
        run("sh", ["-ec", script], {
          cwd: at,
          env: {
            NODE_ENV: "test",
            HOME: at,
            PATH: `${path.dirname(programs.cosign)}:/usr/local/bin:/usr/bin:/bin`,
          },
        });
      const genuine = await getBundle.execute(reviewer.caller, { attestationId: row.id });
      await fs.writeFile(bundle, `${JSON.stringify(genuine, null, 2)}\n`);
      expect((await shell(commands.openssl)).stdout).toContain("Verified OK");
      expect((await shell(commands.cosign)).stderr).toContain("Verified OK");
      const payload = genuine.dsseEnvelope.payload.replace(/.(?=.{40}$)/, (letter) =>
        letter === "A" ? "B" : "A",
      );
      const forged = { ...genuine, dsseEnvelope: { ...genuine.dsseEnvelope, payload } };
      await fs.writeFile(bundle, JSON.stringify(forged));
      await expect(shell(commands.openssl)).rejects.toMatchObject({ code: 1 });
      await expect(shell(commands.cosign)).rejects.toThrow();
    }
  });

  it("is given out in today's form although it was stored in that of a former release", async () => {
    const [row] = made;
    if (!row) expect.fail("no attestation");
    const owner = new Client({ connectionString: world.ownerUrl });
    await owner.connect();
    await owner.query("set session_replication_role = replica");
    await owner.query(
      `update attestations set envelope = jsonb_set(envelope, '{signatures,0,keyid}', to_jsonb(key_id)) where id = $1`,
      [row.id],
    );
    await owner.end();
    const input = { attestationId: row.id };
    const bundle = await getBundle.execute(reviewer.caller, input);
    const { trustedRoot, verifierKeys } = await keys();
    const publicKeyPem = await pemOf(row.keyId);
    const asked = { predicateType: row.predicateType, sha256: "a".repeat(64), publicKeyPem, trustedRoot };
    expect(await cosignAnswer(programs, folder, { ...asked, bundle })).toMatchObject({ ok: true });
    const trust = {
      publicKeyPem,
      logVerifierKey: verifierKeys[0] ?? "",
      payloadTypes: ["application/vnd.in-toto+json"],
    };
    expect(verifyBundle(bundle, trust)).toMatchObject({ ok: true });
    const [signature] = bundle.dsseEnvelope.signatures;
    expect(signature?.keyid).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    const seen = [
      (await getEnvelope.execute(reviewer.caller, input)).signatures,
      (await getAttestation.execute(reviewer.caller, input)).envelope.signatures,
      (await getSignatureBundle.execute(reviewer.caller, input)).dsseEnvelope.signatures,
    ];
    for (const signatures of seen) expect(signatures).toEqual([signature]);
  });
});
