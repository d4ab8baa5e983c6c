import { eq } from "drizzle-orm";
import { publicKeys } from "@/db/schema";
import { logSigner } from "@/server/composition";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { AppError } from "@/server/core/errors";
import { query } from "@/server/core/verb";
import { logVerifierKey, proveInclusion } from "../log/read-log";
import { AttestationIdInput, AttestationsInput } from "../schemas";
import {
  buildBundle,
  cosignVerifyCommand,
  encodeTlogProof,
  IN_TOTO_PAYLOAD_TYPE,
  opensslVerifyCommand,
  statementConcerns,
  toHex,
  verifyBundle,
  type SigstoreBundle,
} from "../trust";
import { attestationsOf, loadAttestation, type AttestationRow } from "./queries";

const READ = "governance.attestation.read" as const;

async function pemOf(ctx: Ctx, keyId: string): Promise<string> {
  const [key] = await ctx.db.select().from(publicKeys).where(eq(publicKeys.keyId, keyId));
  if (!key) {
    throw new AppError("internal", `The public key ${keyId} that signed this attestation is not on record.`);
  }
  return key.pem;
}

async function bundleOf(ctx: Ctx, row: AttestationRow): Promise<SigstoreBundle> {
  const inclusion = await proveInclusion(ctx.db, row.leafIndex);
  return buildBundle({
    envelope: row.envelope,
    publicKeyPem: await pemOf(ctx, row.keyId),
    logName: env().logOrigin,
    logRawPublicKey: (await logSigner()).rawPublicKey,
    inclusion: { ...inclusion, rootHash: new Uint8Array(Buffer.from(inclusion.rootHash, "hex")) },
  });
}

/** Shell lines that fetch the public keys and verify a downloaded bundle with tools that are not ours. */
export function verifyCommands(
  row: Pick<AttestationRow, "id" | "keyId" | "predicateType">,
  portalUrl: string,
) {
  const bundleFile = `${row.id}.sigstore.json`;
  const publicKeyFile = "attestor.pem";
  const fetchKey = `curl -fsS ${portalUrl}/log/keys/${row.keyId}.pem -o ${publicKeyFile}`;
  const trustedRootFile = "trusted-root.json";
  return {
    bundleFile,
    openssl: `${fetchKey}\n${opensslVerifyCommand({ bundleFile, publicKeyFile })}`,
    cosign: [
      fetchKey,
      `curl -fsS ${portalUrl}/log/trusted-root.json -o ${trustedRootFile}`,
      cosignVerifyCommand({
        bundleFile,
        publicKeyFile,
        trustedRootFile,
        predicateType: row.predicateType,
        artifactFile: "manifest.txt",
      }),
    ].join("\n"),
  };
}

export const getAttestation = query(
  {
    name: "governance.attestation.get",
    permission: READ,
    input: AttestationIdInput,
    summary: "One attestation with its place in the log and the commands that verify it outside",
  },
  async ({ ctx, input }) => {
    const row = await loadAttestation(ctx, input.attestationId);
    const inclusion = await proveInclusion(ctx.db, row.leafIndex);
    return {
      ...row,
      inclusion: { ...inclusion, proof: inclusion.proof.map(toHex) },
      commands: verifyCommands(row, env().portalUrl),
    };
  },
);
export type AttestationView = Awaited<ReturnType<typeof getAttestation.execute>>;

export const listAttestations = query(
  {
    name: "governance.attestation.list",
    permission: READ,
    input: AttestationsInput,
    summary: "Attestations about one subject, newest first",
  },
  async ({ ctx, input }) => ({ items: await attestationsOf(ctx, input) }),
);

export const getBundle = query(
  {
    name: "governance.attestation.bundle",
    permission: READ,
    input: AttestationIdInput,
    summary: "An attestation as a Sigstore bundle v0.3 with its inclusion proof",
  },
  async ({ ctx, input }) => bundleOf(ctx, await loadAttestation(ctx, input.attestationId)),
);

export const getEnvelope = query(
  {
    name: "governance.attestation.envelope",
    permission: READ,
    input: AttestationIdInput,
    summary: "An attestation as a bare DSSE envelope",
  },
  async ({ ctx, input }) => (await loadAttestation(ctx, input.attestationId)).envelope,
);

export const getProof = query(
  {
    name: "governance.attestation.proof",
    permission: READ,
    input: AttestationIdInput,
    summary: "An attestation's offline inclusion proof as C2SP tlog-proof text",
  },
  async ({ ctx, input }) => {
    const row = await loadAttestation(ctx, input.attestationId);
    return { text: encodeTlogProof(await proveInclusion(ctx.db, row.leafIndex)) };
  },
);

export interface AttestationCheck {
  name: string;
  ok: boolean;
  detail: string;
}

export const verifyAttestation = query(
  {
    name: "governance.attestation.verify",
    permission: READ,
    input: AttestationIdInput,
    summary: "Recompute an attestation's signature, inclusion and digest",
  },
  async ({ ctx, input }) => {
    const row = await loadAttestation(ctx, input.attestationId);
    const bundle = await bundleOf(ctx, row);
    const result = verifyBundle(bundle, {
      publicKeyPem: await pemOf(ctx, row.keyId),
      logVerifierKey: await logVerifierKey(),
      payloadTypes: [IN_TOTO_PAYLOAD_TYPE],
    });
    const concerns = result.ok && statementConcerns(result.statement, row.subjectDigest);
    const checks: AttestationCheck[] = [
      {
        name: "Signature and inclusion",
        ok: result.ok,
        detail: result.ok ? `entry ${result.index} of ${result.treeSize}` : result.reason,
      },
      {
        name: "Digest",
        ok: concerns,
        detail: concerns ? `names ${row.subjectDigest}` : `the statement does not name ${row.subjectDigest}`,
      },
    ];
    return { ok: checks.every((check) => check.ok), checks };
  },
);
