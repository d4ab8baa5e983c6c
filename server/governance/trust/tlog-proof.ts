import { fromBase64, toBase64 } from "./bytes";
import { verifyInclusion } from "./merkle";
import { openCheckpoint } from "./note";

export const TLOG_PROOF_HEADER = "c2sp.org/tlog-proof@v1";

export interface TlogProof {
  index: number;
  proof: readonly Uint8Array[];
  /** The signed checkpoint note. */
  checkpoint: string;
  /** Opaque bytes for the reader, if any. */
  extra?: Uint8Array;
}

/** The C2SP offline inclusion proof: one text file that an auditor keeps beside the entry. */
export function encodeTlogProof({ index, proof, checkpoint, extra }: TlogProof): string {
  const lines = [
    TLOG_PROOF_HEADER,
    ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...proof.map(toBase64),
  ];
  return `${lines.join("\n")}\n\n${checkpoint}`;
}

/** `undefined` when the text is not such a file. */
export function parseTlogProof(text: string): TlogProof | undefined {
  const split = text.indexOf("\n\n");
  if (split < 0) return undefined;
  const lines = text.slice(0, split).split("\n");
  if (lines.shift() !== TLOG_PROOF_HEADER) return undefined;
  const extra = lines[0]?.startsWith("extra ") ? fromBase64(lines.shift()?.slice(6) ?? "") : undefined;
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? "")?.[1];
  const proof = lines.map((line) => fromBase64(line) ?? new Uint8Array());
  if (index === undefined || proof.length > 63 || proof.some((hash) => hash.length !== 32)) return undefined;
  return {
    index: Number(index),
    proof,
    checkpoint: text.slice(split + 2),
    ...(extra === undefined ? {} : { extra }),
  };
}

/** True when the file proves that `leaf` (its RFC 6962 hash) is in the log that `verifierKey` names. */
export function verifyTlogProof(text: string, leaf: Uint8Array, verifierKey: string): boolean {
  const parsed = parseTlogProof(text);
  const checkpoint = parsed === undefined ? undefined : openCheckpoint(parsed.checkpoint, verifierKey);
  if (parsed === undefined || checkpoint === undefined) return false;
  const { index, proof } = parsed;
  return verifyInclusion({ leaf, index, size: checkpoint.size, proof, root: checkpoint.rootHash });
}
