import { eq, inArray } from "drizzle-orm";
import { attestations } from "@/db/schema";
import type { Signer } from "@/server/adapters/signer";
import { attestorSigner } from "@/server/composition";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { inTransaction } from "@/server/core/verb";
import { appendEntries, lockLog, rememberKey } from "../log/append";
import {
  buildStatement,
  encodeStatement,
  IN_TOTO_PAYLOAD_TYPE,
  logEntryFor,
  signEnvelope,
  type DsseEnvelope,
  type PredicateOf,
  type PredicateType,
  type Statement,
} from "../trust";

/** What is judged, by anyone: its kind, its id there, and the digest that identifies its content. */
export interface SubjectRef {
  kind: string;
  id: string;
  /** `sha256:<hex>` */
  digest: string;
  name: string;
}

export interface AttestInput<T extends PredicateType = PredicateType> {
  subject: SubjectRef;
  extraSubjects?: readonly { name: string; digest: string }[];
  predicateType: T;
  predicate: PredicateOf<T>;
  /** What it attests in one word, such as the policy's key. */
  label: string;
  result: string;
  /** Same key, same attestation: the earlier one is returned. */
  dedupKey: string;
}

export interface Attested {
  attestationId: string;
  leafIndex: number;
}

/** A signed statement that is not yet in the log. */
export interface PreparedAttestation {
  input: AttestInput;
  statement: Statement;
  envelope: DsseEnvelope;
  entry: Uint8Array;
  /** Who signed it; another key may sign by the time it is stored. */
  signer: Signer;
}

/** Builds and signs a statement; done before the log is locked. @throws ZodError for a malformed predicate. */
export async function prepareAttestation<T extends PredicateType>(
  input: AttestInput<T>,
): Promise<PreparedAttestation> {
  const signer = await attestorSigner();
  const subjects = [{ name: input.subject.name, sha256: input.subject.digest }];
  for (const extra of input.extraSubjects ?? []) subjects.push({ name: extra.name, sha256: extra.digest });
  const statement = buildStatement(subjects, input.predicateType, input.predicate);
  const envelope = await signEnvelope(signer, IN_TOTO_PAYLOAD_TYPE, encodeStatement(statement));
  return { input, statement, envelope, entry: logEntryFor(envelope, signer.publicKeyPem), signer };
}

/**
 * Places signed statements in the log and stores them, in the caller's transaction (or one of its own). Holds the log's lock until
 * that transaction ends, so call it late.
 * @returns in the order given; a statement whose key was used before gives the earlier attestation.
 */
export async function recordAttestations(
  ctx: Ctx,
  prepared: readonly PreparedAttestation[],
): Promise<Attested[]> {
  if (prepared.length === 0) return [];
  return inTransaction(ctx, async (tx) => {
    await lockLog(tx);
    const known = await knownAttestations(
      tx,
      prepared.map(({ input }) => input.dedupKey),
    );
    const fresh = prepared.filter(({ input }) => !known.has(input.dedupKey));
    if (fresh.length > 0) {
      for (const { signer } of fresh) await rememberKey(tx, "attestor", signer);
      const first = await appendEntries(
        tx,
        fresh.map(({ entry }) => entry),
      );
      const rows = fresh.map(({ input, envelope, statement, signer }, at) => ({
        id: newId("attestation"),
        teamId: tx.actor.teamId,
        subjectKind: input.subject.kind,
        subjectId: input.subject.id,
        subjectDigest: input.subject.digest,
        predicateType: input.predicateType,
        label: input.label,
        result: input.result,
        envelope,
        statement,
        keyId: signer.keyId,
        leafIndex: first + at,
        dedupKey: input.dedupKey,
        createdAt: tx.now(),
      }));
      await tx.db.insert(attestations).values(rows);
      for (const row of rows) known.set(row.dedupKey, { attestationId: row.id, leafIndex: row.leafIndex });
    }
    return prepared.map(({ input }) => {
      const found = known.get(input.dedupKey);
      if (!found) throw new Error(`attestation ${input.dedupKey} was not stored`);
      return found;
    });
  });
}

async function knownAttestations(ctx: Ctx, dedupKeys: string[]): Promise<Map<string, Attested>> {
  const rows = await ctx.db
    .select({ id: attestations.id, leafIndex: attestations.leafIndex, dedupKey: attestations.dedupKey })
    .from(attestations)
    .where(inArray(attestations.dedupKey, dedupKeys));
  return new Map(rows.map((row) => [row.dedupKey, { attestationId: row.id, leafIndex: row.leafIndex }]));
}

/**
 * Signs an in-toto statement as a DSSE envelope, appends its leaf to the transparency log and writes a checkpoint, all in the
 * caller's transaction. The same `dedupKey` gives the earlier attestation.
 * @throws ZodError when predicate or digest is malformed.
 */
export async function attest<T extends PredicateType>(ctx: Ctx, input: AttestInput<T>): Promise<Attested> {
  const [earlier] = await ctx.db
    .select({ id: attestations.id, leafIndex: attestations.leafIndex })
    .from(attestations)
    .where(eq(attestations.dedupKey, input.dedupKey));
  if (earlier) return { attestationId: earlier.id, leafIndex: earlier.leafIndex };
  const [done] = await recordAttestations(ctx, [await prepareAttestation(input)]);
  if (!done) throw new Error("the attestation was not stored");
  return done;
}
