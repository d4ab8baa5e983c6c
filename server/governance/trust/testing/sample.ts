import { randomBytes } from "node:crypto";
import type { LogSigner, Signer } from "../../../adapters/signer";
import * as trust from "../index";

export const ORIGIN = "log.modelworks.example";
const TIME = "2026-01-02T03:04:05Z";
const DIGEST = { sha256: "b".repeat(64) };

/** One predicate of each kind that a statement of ours may have. */
export const PREDICATES: {
  [T in trust.PredicateType]: trust.PredicateOf<T>;
} = {
  [trust.PREDICATE_TYPES.policyEvaluation]: {
    policy: { key: "contract", version: 3, digest: DIGEST },
    engine: { id: "cel", version: "0.6.1" },
    inputs: [{ name: "contract", digest: DIGEST }],
    verdict: "pass",
    rules: [{ id: "declared", outcome: "pass", message: "Größe ≤ 5 “ok”", values: { limit: "0.50" } }],
    evaluatedOn: TIME,
  },
  [trust.PREDICATE_TYPES.humanReview]: {
    reviewId: "review_1",
    environment: "production",
    decision: "approve",
    reason: "Read line by line.",
    reviewer: { id: "user_1", role: "reviewer", actedBy: "person" },
    evidence: [{ name: "manifest", digest: DIGEST }],
    reviewedOn: TIME,
  },
  [trust.PREDICATE_TYPES.promotion]: {
    from: null,
    to: "production",
    resourceUri: "modelworks:version/1",
    reliesOn: [{ predicateType: trust.PREDICATE_TYPES.humanReview, digest: DIGEST }],
    promotedBy: "user_1",
    promotedOn: TIME,
  },
  [trust.PREDICATE_TYPES.verificationSummary]: {
    verifier: { id: "https://modelworks.dev/portal" },
    timeVerified: TIME,
    resourceUri: "modelworks:version/1",
    policy: { uri: "modelworks:policy/contract@1" },
    verificationResult: "PASSED",
    verifiedLevels: ["MODELWORKS_GATES_PASSED"],
  },
};

export interface Sample {
  bundle: trust.SigstoreBundle;
  proofText: string;
}

/** A signed statement of one kind about `sha256`, as one of eleven entries of a log. */
export async function sampleBundle<T extends trust.PredicateType>(
  signers: { attestation: Signer; log: LogSigner },
  predicateType: T,
  subject: { name: string; sha256: string },
): Promise<Sample> {
  const { attestation, log } = signers;
  const statement = trust.buildStatement([subject], predicateType, PREDICATES[predicateType]);
  const envelope = await trust.signEnvelope(
    attestation,
    trust.IN_TOTO_PAYLOAD_TYPE,
    trust.encodeStatement(statement),
  );
  const store = new trust.MemoryNodeStore();
  const [index, size] = [5, 11];
  const entry = trust.logEntryFor(envelope, attestation.publicKeyPem);
  for (let at = 0; at < size; at += 1) {
    store.put(await trust.appendLeaf(store, at, trust.leafHash(at === index ? entry : randomBytes(20))));
  }
  const rootHash = await trust.treeRoot(store, size);
  const proof = await trust.inclusionProof(store, index, size);
  const checkpoint = await trust.signCheckpoint({ origin: ORIGIN, size, rootHash }, log);
  const bundle = trust.buildBundle({
    envelope,
    publicKeyPem: attestation.publicKeyPem,
    logName: ORIGIN,
    logRawPublicKey: log.rawPublicKey,
    inclusion: { index, size, rootHash, proof, checkpoint },
  });
  return { bundle, proofText: trust.encodeTlogProof({ index, proof, checkpoint }) };
}
