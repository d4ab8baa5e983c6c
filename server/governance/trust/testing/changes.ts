import type { SigstoreBundle } from "../index";

/** A bundle in which one byte is another, and which part of it that is. */
export interface Changed {
  part: "payload" | "payload type" | "signature" | "log entry" | "proof" | "checkpoint";
  bundle: SigstoreBundle;
}

/** The decoded bytes of a base64 text, each changed in turn. */
export const flipEach = (text: string): string[] => {
  const bytes = Buffer.from(text, "base64");
  return [...bytes.keys()].map((at) =>
    Buffer.from(bytes.map((byte, other) => (other === at ? byte ^ 1 : byte))).toString("base64"),
  );
};

const replaceAt = (text: string, at: number) =>
  text.slice(0, at) + String.fromCodePoint((text.codePointAt(at) ?? 0) ^ 1) + text.slice(at + 1);

/** Text bytes one by one; the signature by its decoded bytes, as base64 has spare bits. */
function checkpointChanges(note: string): string[] {
  const split = note.indexOf("\n\n");
  const text = Array.from({ length: split }, (_, at) => replaceAt(note, at));
  const [, name = "", blob = ""] = /^\u2014 (\S+) (\S+)$/m.exec(note) ?? [];
  return [...text, ...flipEach(blob).map((other) => `${note.slice(0, split + 2)}\u2014 ${name} ${other}\n`)];
}

export const entryOf = (bundle: SigstoreBundle) => {
  const [entry] = bundle.verificationMaterial.tlogEntries;
  if (entry === undefined) throw new Error("no entry");
  return entry;
};

export const signatureOf = (bundle: SigstoreBundle) => {
  const [signature] = bundle.dsseEnvelope.signatures;
  if (signature === undefined) throw new Error("no signature");
  return signature;
};

export function changed(bundle: SigstoreBundle, edit: (copy: SigstoreBundle) => void): SigstoreBundle {
  const copy = structuredClone(bundle);
  edit(copy);
  return copy;
}

/** The bundle with each byte of each signed or proven part changed in turn. */
export function everyByteChanged(bundle: SigstoreBundle): Changed[] {
  const { payload, payloadType } = bundle.dsseEnvelope;
  const { inclusionProof, canonicalizedBody } = entryOf(bundle);
  const parts: [Changed["part"], string[], (copy: SigstoreBundle, text: string) => void][] = [
    ["payload", flipEach(payload), (copy, text) => (copy.dsseEnvelope.payload = text)],
    [
      "payload type",
      Array.from(payloadType, (_, at) => replaceAt(payloadType, at)),
      (copy, text) => (copy.dsseEnvelope.payloadType = text),
    ],
    ["signature", flipEach(signatureOf(bundle).sig), (copy, text) => (signatureOf(copy).sig = text)],
    ["log entry", flipEach(canonicalizedBody), (copy, text) => (entryOf(copy).canonicalizedBody = text)],
    ...inclusionProof.hashes.map((hash, at): (typeof parts)[number] => [
      "proof",
      flipEach(hash),
      (copy, text) => (entryOf(copy).inclusionProof.hashes[at] = text),
    ]),
    [
      "checkpoint",
      checkpointChanges(inclusionProof.checkpoint.envelope),
      (copy, text) => (entryOf(copy).inclusionProof.checkpoint.envelope = text),
    ],
  ];
  return parts.flatMap(([part, texts, put]) =>
    texts.map((text) => ({ part, bundle: changed(bundle, (copy) => put(copy, text)) })),
  );
}
