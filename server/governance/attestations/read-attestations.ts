import { logSigner } from "@/server/composition";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { AppError } from "@/server/core/errors";
import { query } from "@/server/core/verb";
import { logVerifierKey, publishedKeys, type PublishedKey } from "../log/keys";
import { proveInclusion } from "../log/read-log";
import { AttestationIdInput, AttestationsInput } from "../schemas";
import {
  buildBundle,
  buildSignatureBundle,
  cosignVerifyCommand,
  encodeTlogProof,
  IN_TOTO_PAYLOAD_TYPE,
  opensslVerifyCommand,
  publishedEnvelope,
  statementConcerns,
  toHex,
  verifyBundle,
  type SigstoreBundle,
} from "../trust";
import { attestationsOf, loadAttestation, type AttestationRow } from "./queries";

const READ = "governance.attestation.read" as const;

async function keyOf(ctx: Ctx, keyId: string): Promise<PublishedKey> {
  const key = (await publishedKeys(ctx.db)).find((each) => each.keyId === keyId);
  if (!key) {
    throw new AppError("internal", `The public key ${keyId} that signed this attestation is not on record.`);
  }
  return key;
}

const pemOf = async (ctx: Ctx, keyId: string): Promise<string> => (await keyOf(ctx, keyId)).pem;

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
  row: Pick<AttestationRow, "id" | "keyId" | "predicateType" | "subjectDigest">,
  portalUrl: string,
) {
  const files = {
    bundleFile: `${row.id}.sigstore.json`,
    publicKeyFile: "attestor.pem",
    subjectDigest: row.subjectDigest,
  };
  const trustedRootFile = "trusted-root.json";
  const fetchKey = `curl -fsS ${portalUrl}/log/keys/${row.keyId}.pem -o ${files.publicKeyFile}`;
  return {
    bundleFile: files.bundleFile,
    openssl: `${fetchKey}\n${opensslVerifyCommand(files)}`,
    cosign: [
      fetchKey,
      `curl -fsS ${portalUrl}/log/trusted-root.json -o ${trustedRootFile}`,
      cosignVerifyCommand({ ...files, trustedRootFile, predicateType: row.predicateType }),
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
    const key = await keyOf(ctx, row.keyId);
    return {
      ...row,
      key,
      envelope: publishedEnvelope(row.envelope, key.pem),
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

export const getSignatureBundle = query(
  {
    name: "governance.attestation.signature_bundle",
    permission: READ,
    input: AttestationIdInput,
    summary:
      "An attestation as a Sigstore bundle without its log entry, for verifiers such as @sigstore/verify 3",
  },
  async ({ ctx, input }) => {
    const row = await loadAttestation(ctx, input.attestationId);
    return buildSignatureBundle(row.envelope, await pemOf(ctx, row.keyId));
  },
);

export const getEnvelope = query(
  {
    name: "governance.attestation.envelope",
    permission: READ,
    input: AttestationIdInput,
    summary: "An attestation as a bare DSSE envelope",
  },
  async ({ ctx, input }) => {
    const row = await loadAttestation(ctx, input.attestationId);
    return publishedEnvelope(row.envelope, await pemOf(ctx, row.keyId));
  },
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

/** What became of the key since it signed. */
function keyInWords({ status, validUntil, revokedAt, reason }: PublishedKey): string {
  const day = (date: Date | null) => date?.toISOString().slice(0, 10) ?? "an unknown day";
  if (status === "revoked") return `revoked on ${day(revokedAt)}: ${reason ?? "no reason given"}`;
  if (status === "retired") return `signed until ${day(validUntil)}; a newer one signs now`;
  return status === "current" ? "the one that signs now" : "not in the folder of keys, only on record";
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
    const key = await keyOf(ctx, row.keyId);
    const result = verifyBundle(bundle, {
      publicKeyPem: key.pem,
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
      { name: "Key", ok: key.status !== "revoked", detail: keyInWords(key) },
    ];
    return { ok: checks.every((check) => check.ok), checks };
  },
);
