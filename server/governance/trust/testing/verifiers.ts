import { execFile, spawn } from "node:child_process";
import { createPublicKey } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { bundleFromJSON as bundleFromJSON4 } from "sigstore-bundle-4";
import {
  toSignedEntity as toSignedEntity3,
  toTrustMaterial as toTrustMaterial3,
  Verifier as Verifier3,
} from "sigstore-verify-3";

/** Verifiers that are not ours, as tests run them. The programs come from `scripts/setup-verifiers.sh`. */

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, "../../../..");

export interface Programs {
  cosign: string;
  bundleCheck: string;
}

/** @throws Error that says what to run when one of them was never built; a test must not pass without it. */
export async function foreignPrograms(): Promise<Programs> {
  const { stdout } = await run("bash", [path.join(ROOT, "scripts/setup-verifiers.sh"), "--paths"]);
  const [cosign = "", bundleCheck = ""] = stdout.trim().split("\n");
  return { cosign, bundleCheck };
}

export interface Answer {
  ok: boolean;
  reason: string;
}

/** One request of bundle-check; each is a line of its input. */
export type GoRequest =
  | { bundle: unknown; publicKey: string; verifierKeys: readonly string[] }
  | { old: string; new: string; proof: readonly string[]; verifierKeys: readonly string[] };

/** Go's note, tlog and ecdsa packages, all requests in one process. */
export async function goAnswers(programs: Programs, requests: readonly GoRequest[]): Promise<Answer[]> {
  const child = spawn(programs.bundleCheck, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(Buffer.from(part));
  const lines = Buffer.concat(parts).toString("utf8").trimEnd().split("\n");
  if (lines.length !== requests.length)
    throw new Error(`bundle-check gave ${lines.length} answers to ${requests.length} requests`);
  return lines.map((line) => ({ ok: line === "ok", reason: line }));
}

export interface CosignRequest {
  bundle: unknown;
  publicKeyPem: string;
  trustedRoot: unknown;
  predicateType: string;
  /** Hex. */
  sha256: string;
}

/** `cosign verify-blob-attestation` with a key, the log's trusted root and the subject's digest, in a folder of its own. */
export async function cosignAnswer(
  programs: Programs,
  folder: string,
  request: CosignRequest,
): Promise<Answer> {
  const at = await fs.mkdtemp(path.join(folder, "cosign-"));
  const file = (name: string) => path.join(at, name);
  await fs.writeFile(file("bundle.json"), JSON.stringify(request.bundle));
  await fs.writeFile(file("key.pem"), request.publicKeyPem);
  await fs.writeFile(file("root.json"), JSON.stringify(request.trustedRoot));
  const options = {
    "--bundle": file("bundle.json"),
    "--key": file("key.pem"),
    "--trusted-root": file("root.json"),
    "--type": request.predicateType,
    "--digest": request.sha256,
    "--digestAlg": "sha256",
  };
  const args = ["verify-blob-attestation", ...Object.entries(options).flat()];
  try {
    const { stderr } = await run(programs.cosign, args, { env: { HOME: at, NODE_ENV: "test" } });
    return { ok: stderr.includes("Verified OK"), reason: stderr };
  } catch (error) {
    return { ok: false, reason: String(error) };
  }
}

const answerOf = (verify: () => unknown): Answer => {
  try {
    verify();
    return { ok: true, reason: "ok" };
  } catch (error) {
    return { ok: false, reason: String(error) };
  }
};

const keyOf = (publicKeyPem: string) => () => ({
  publicKey: createPublicKey(publicKeyPem),
  validFor: () => true,
});

/** The Sigstore project's verifier for JavaScript, told to demand the log entry. */
export function sigstoreAnswer(bundle: unknown, trustedRoot: unknown, publicKeyPem: string): Answer {
  return answerOf(() => {
    const material = toTrustMaterial(TrustedRoot.fromJSON(trustedRoot), keyOf(publicKeyPem));
    const options = { tlogThreshold: 1, ctlogThreshold: 0, timestampThreshold: 0 };
    new Verifier(material, options).verify(toSignedEntity(bundleFromJSON(structuredClone(bundle))));
  });
}

/** Its release 3, which Node 20 can still install; the number of log entries that it must find is given. */
export function sigstore3Answer(
  bundle: unknown,
  trustedRoot: unknown,
  publicKeyPem: string,
  tlogThreshold: number,
): Answer {
  return answerOf(() => {
    const material = toTrustMaterial3(TrustedRoot.fromJSON(trustedRoot), keyOf(publicKeyPem));
    const options = { tlogThreshold, ctlogThreshold: 0, timestampThreshold: 0 };
    new Verifier3(material, options).verify(toSignedEntity3(bundleFromJSON4(structuredClone(bundle))));
  });
}
