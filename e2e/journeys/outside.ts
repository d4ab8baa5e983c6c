import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { execFile } from "node:child_process";
import { createPublicKey } from "node:crypto";
import fs from "node:fs";
import { promisify } from "node:util";
import { world } from "../fixtures/world";

const execute = promisify(execFile);

/** Runs what was copied from a page in a shell, in a folder of its own; gives back what it printed. */
export async function inShell(
  script: string,
  folder: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await execute("bash", ["-euo", "pipefail", "-c", script], {
    cwd: folder,
    timeout: 60_000,
    env: { NODE_ENV: "test", PATH: process.env.PATH ?? "", ...env },
  });
  return stdout;
}

/** The Sigstore project's own verifier, which demands the log entry. @throws when it does not accept the bundle. */
export async function verifyBySigstore(bundleFile: string, publicKeyFile: string): Promise<void> {
  const answer = await fetch(new URL("/log/trusted-root.json", world().portalUrl));
  const publicKey = createPublicKey(fs.readFileSync(publicKeyFile));
  const material = toTrustMaterial(TrustedRoot.fromJSON(await answer.json()), () => ({
    publicKey,
    validFor: () => true,
  }));
  const bundle = bundleFromJSON(JSON.parse(fs.readFileSync(bundleFile, "utf8")));
  const verifier = new Verifier(material, { tlogThreshold: 1, ctlogThreshold: 0, timestampThreshold: 0 });
  verifier.verify(toSignedEntity(bundle));
}
