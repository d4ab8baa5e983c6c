import { createPublicKey } from "node:crypto";
import { z } from "zod";
import { rawEd25519 } from "../../adapters/signer/local-signer";
import { equalBytes, fromBase64, toBase64 } from "./bytes";
import { DsseEnvelope, publishedEnvelope, verifyEnvelope } from "./dsse";
import { ENTRY_KIND, ENTRY_VERSION, logEntryFor } from "./log-entry";
import { leafHash, verifyInclusion } from "./merkle";
import { checkOrigin, noteKeyHash, openCheckpoint, parseVerifierKey } from "./note";
import { parseStatement } from "./statement";
import type { Statement } from "./statement";

export const BUNDLE_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
export const TRUSTED_ROOT_MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";

const Decimal = z.string().regex(/^(0|[1-9]\d{0,15})$/);
const TlogEntry = z.object({
  logIndex: Decimal,
  logId: z.object({ keyId: z.string() }),
  kindVersion: z.object({ kind: z.literal(ENTRY_KIND), version: z.literal(ENTRY_VERSION) }),
  integratedTime: z.literal("0").optional(),
  inclusionProof: z.object({
    logIndex: Decimal,
    rootHash: z.string(),
    treeSize: Decimal,
    hashes: z.array(z.string()).max(64),
    checkpoint: z.object({ envelope: z.string() }),
  }),
  canonicalizedBody: z.string(),
});

export const SigstoreBundle = z.object({
  mediaType: z.literal(BUNDLE_MEDIA_TYPE),
  verificationMaterial: z.object({
    publicKey: z.object({ hint: z.string() }),
    tlogEntries: z.array(TlogEntry).length(1),
  }),
  dsseEnvelope: DsseEnvelope.extend({ signatures: DsseEnvelope.shape.signatures.length(1) }),
});
export type SigstoreBundle = z.infer<typeof SigstoreBundle>;

export interface InclusionEvidence {
  index: number;
  /** Size and root of the tree that the checkpoint signs. */
  size: number;
  rootHash: Uint8Array;
  proof: readonly Uint8Array[];
  /** The signed note. */
  checkpoint: string;
}

/** A bundle without its log entry: what a verifier takes that knows no `hashedrekord` over a DSSE envelope. */
export type SignatureBundle = Omit<SigstoreBundle, "verificationMaterial"> & {
  verificationMaterial: Pick<SigstoreBundle["verificationMaterial"], "publicKey">;
};

/** @throws Error when the envelope has another number of signatures. */
export function buildSignatureBundle(envelope: DsseEnvelope, publicKeyPem: string): SignatureBundle {
  const dsseEnvelope = publishedEnvelope(envelope, publicKeyPem);
  return {
    mediaType: BUNDLE_MEDIA_TYPE,
    // The hint must be the envelope's key id, letter by letter.
    verificationMaterial: { publicKey: { hint: dsseEnvelope.signatures[0]?.keyid ?? "" } },
    dsseEnvelope,
  };
}

/**
 * A Sigstore bundle v0.3 for one envelope with one signature, its log entry, inclusion proof and checkpoint.
 * @throws Error when the envelope has another number of signatures.
 */
export function buildBundle(input: {
  envelope: DsseEnvelope;
  publicKeyPem: string;
  logName: string;
  logRawPublicKey: Uint8Array;
  inclusion: InclusionEvidence;
}): SigstoreBundle {
  const { envelope, inclusion } = input;
  const signature = buildSignatureBundle(envelope, input.publicKeyPem);
  return SigstoreBundle.parse({
    ...signature,
    verificationMaterial: {
      ...signature.verificationMaterial,
      tlogEntries: [
        {
          logIndex: String(inclusion.index),
          logId: { keyId: toBase64(noteKeyHash(input.logName, input.logRawPublicKey)) },
          kindVersion: { kind: ENTRY_KIND, version: ENTRY_VERSION },
          integratedTime: "0",
          inclusionProof: {
            logIndex: String(inclusion.index),
            rootHash: toBase64(inclusion.rootHash),
            treeSize: String(inclusion.size),
            hashes: inclusion.proof.map(toBase64),
            checkpoint: { envelope: inclusion.checkpoint },
          },
          canonicalizedBody: toBase64(logEntryFor(envelope, input.publicKeyPem)),
        },
      ],
    },
  });
}

export type BundleVerification =
  | { ok: true; statement: Statement; payload: Uint8Array; index: number; treeSize: number }
  | { ok: false; reason: string };

/**
 * Checks a bundle as an outsider would: signature, log entry rebuilt from the envelope, inclusion in the tree that the
 * log's key signed. The proof's own size and root must agree with the checkpoint.
 */
export function verifyBundle(
  bundle: unknown,
  trust: { publicKeyPem: string; logVerifierKey: string; payloadTypes: readonly string[] },
): BundleVerification {
  const parsed = SigstoreBundle.safeParse(bundle);
  if (!parsed.success)
    return { ok: false, reason: "not a Sigstore bundle v0.3 with one signature and one log entry" };
  const { dsseEnvelope, verificationMaterial } = parsed.data;
  const [entry] = verificationMaterial.tlogEntries;
  if (entry === undefined || verificationMaterial.publicKey.hint !== dsseEnvelope.signatures[0]?.keyid) {
    return { ok: false, reason: "the key hint differs from the envelope's key id" };
  }
  const signed = verifyEnvelope(dsseEnvelope, {
    publicKeysPem: [trust.publicKeyPem],
    acceptedPayloadTypes: trust.payloadTypes,
  });
  if (!signed.ok) return signed;
  const body = fromBase64(entry.canonicalizedBody);
  if (body === undefined || !equalBytes(body, logEntryFor(dsseEnvelope, trust.publicKeyPem))) {
    return { ok: false, reason: "the log entry does not describe this envelope" };
  }
  const included = checkInclusion(entry, body, trust.logVerifierKey);
  if (!included.ok) return included;
  const statement = parseStatement(signed.payload);
  if (statement === undefined) return { ok: false, reason: "the payload is not an in-toto statement" };
  return { ok: true, statement, payload: signed.payload, index: included.index, treeSize: included.treeSize };
}

function checkInclusion(
  entry: z.infer<typeof TlogEntry>,
  body: Uint8Array,
  logVerifierKey: string,
): { ok: true; index: number; treeSize: number } | { ok: false; reason: string } {
  const { inclusionProof } = entry;
  const { name, rawPublicKey } = parseVerifierKey(logVerifierKey);
  const logId = fromBase64(entry.logId.keyId);
  if (logId === undefined || !equalBytes(logId, noteKeyHash(name, rawPublicKey))) {
    return { ok: false, reason: "the entry names another log" };
  }
  const checkpoint = openCheckpoint(inclusionProof.checkpoint.envelope, logVerifierKey);
  if (checkpoint === undefined) return { ok: false, reason: "the checkpoint is not signed by the log" };
  const rootHash = fromBase64(inclusionProof.rootHash);
  const index = Number(inclusionProof.logIndex);
  if (
    rootHash === undefined ||
    !equalBytes(rootHash, checkpoint.rootHash) ||
    Number(inclusionProof.treeSize) !== checkpoint.size ||
    Number(entry.logIndex) !== index
  ) {
    return { ok: false, reason: "the proof and the checkpoint speak of different trees" };
  }
  const proof: Uint8Array[] = [];
  for (const text of inclusionProof.hashes) proof.push(fromBase64(text) ?? new Uint8Array());
  const leaf = leafHash(body);
  return verifyInclusion({ leaf, index, size: checkpoint.size, proof, root: checkpoint.rootHash })
    ? { ok: true, index, treeSize: checkpoint.size }
    : { ok: false, reason: "the entry is not included in the signed tree" };
}

/** A key of the log and the time in which it signed checkpoints; without an end it signs today. */
export interface LogKeyWindow {
  publicKeyPem: string;
  validFrom: Date;
  validUntil?: Date | undefined;
}

/** Sigstore TrustedRoot JSON for our log alone, with every key it had: what `--trusted-root` of outside verifiers takes. */
export function buildTrustedRoot(origin: string, keys: readonly LogKeyWindow[]) {
  checkOrigin(origin);
  return {
    mediaType: TRUSTED_ROOT_MEDIA_TYPE,
    tlogs: keys.map(({ publicKeyPem, validFrom, validUntil }) => {
      const keyId = toBase64(noteKeyHash(origin, rawEd25519(publicKeyPem)));
      return {
        baseUrl: `https://${origin}`,
        hashAlgorithm: "SHA2_256",
        publicKey: {
          rawBytes: toBase64(createPublicKey(publicKeyPem).export({ type: "spki", format: "der" })),
          keyDetails: "PKIX_ED25519",
          validFor: {
            start: validFrom.toISOString(),
            ...(validUntil ? { end: validUntil.toISOString() } : {}),
          },
        },
        logId: { keyId },
        checkpointKeyId: { keyId },
      };
    }),
    certificateAuthorities: [],
    ctlogs: [],
    timestampAuthorities: [],
  };
}
