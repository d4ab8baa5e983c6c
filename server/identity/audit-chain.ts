import { z } from "zod";
import { sha256Hex } from "@/server/core/digest";

/** The predecessor of the first row. */
export const GENESIS = "0".repeat(64);

/** What a row says, sealed or not. */
export interface AuditEntryRow {
  at: Date;
  teamId: string | null;
  actorKind: string;
  actorId: string;
  actorName: string;
  action: string;
  subjectKind: string;
  subjectId: string;
  payload: string;
}

/** A sealed row: a link of the chain. */
export interface ChainRow extends AuditEntryRow {
  seq: number;
  prevHash: string;
  hash: string;
}

const Payload = z.object({
  at: z.iso.datetime(),
  teamId: z.string().nullable(),
  actor: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
  action: z.string(),
  subject: z.object({ kind: z.string(), id: z.string() }),
});

/** Which column of a row does not say what its payload says; undefined when all do. */
export function columnsDiffer(row: AuditEntryRow): string | undefined {
  let parsed;
  try {
    parsed = Payload.safeParse(JSON.parse(row.payload));
  } catch {
    return "its payload is not JSON";
  }
  if (!parsed.success) return "its payload lacks a field";
  const { at, teamId, actor, action, subject } = parsed.data;
  const pairs: [string, unknown, unknown][] = [
    ["at", row.at.toISOString(), at],
    ["team_id", row.teamId, teamId],
    ["actor_kind", row.actorKind, actor.kind],
    ["actor_id", row.actorId, actor.id],
    ["actor_name", row.actorName, actor.name],
    ["action", row.action, action],
    ["subject_kind", row.subjectKind, subject.kind],
    ["subject_id", row.subjectId, subject.id],
  ];
  const wrong = pairs.find(([, column, told]) => column !== told);
  return wrong ? `its column ${wrong[0]} does not agree with its payload` : undefined;
}

/** SHA-256 over predecessor's hash, sequence number and payload, each on a line, as the database's sealer computes it. */
export const rowHash = (prevHash: string, seq: number, payload: string): string =>
  sha256Hex(`${prevHash}\n${seq}\n${payload}`);

/** What is wrong with a row that follows `previous`; undefined when it holds. */
export function checkRow(row: ChainRow, previous: { seq: number; hash: string }): string | undefined {
  if (row.seq !== previous.seq + 1) return `row ${previous.seq + 1} is missing`;
  if (row.prevHash !== previous.hash) return "it does not point to the row before it";
  if (row.hash !== rowHash(row.prevHash, row.seq, row.payload)) return "its payload does not give its hash";
  return columnsDiffer(row);
}
