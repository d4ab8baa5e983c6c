import { and, desc, eq } from "drizzle-orm";
import { attestations } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { DsseEnvelope, Statement } from "../trust";

export interface AttestationRow {
  id: string;
  subjectKind: string;
  subjectId: string;
  subjectDigest: string;
  predicateType: string;
  label: string;
  result: string;
  envelope: DsseEnvelope;
  statement: Statement;
  keyId: string;
  leafIndex: number;
  createdAt: Date;
}

const toRow = (row: typeof attestations.$inferSelect): AttestationRow => ({
  id: row.id,
  subjectKind: row.subjectKind,
  subjectId: row.subjectId,
  subjectDigest: row.subjectDigest,
  predicateType: row.predicateType,
  label: row.label,
  result: row.result,
  envelope: DsseEnvelope.parse(row.envelope),
  statement: Statement.parse(row.statement),
  keyId: row.keyId,
  leafIndex: row.leafIndex,
  createdAt: row.createdAt,
});

/** Attestations about a subject in the caller's team, newest first; for one content digest if given. */
export async function attestationsOf(
  ctx: Ctx,
  input: { subjectKind: string; subjectId: string; digest?: string },
): Promise<AttestationRow[]> {
  const rows = await ctx.db
    .select()
    .from(attestations)
    .where(
      and(
        eq(attestations.teamId, ctx.actor.teamId),
        eq(attestations.subjectKind, input.subjectKind),
        eq(attestations.subjectId, input.subjectId),
        input.digest === undefined ? undefined : eq(attestations.subjectDigest, input.digest),
      ),
    )
    .orderBy(desc(attestations.leafIndex));
  return rows.map(toRow);
}

/** @throws AppError `not_found` */
export async function loadAttestation(ctx: Ctx, id: string): Promise<AttestationRow> {
  const [row] = await ctx.db
    .select()
    .from(attestations)
    .where(and(eq(attestations.id, id), eq(attestations.teamId, ctx.actor.teamId)));
  if (!row) throw notFound("attestation", id);
  return toRow(row);
}
