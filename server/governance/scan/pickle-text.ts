const MAX_NAME_BYTES = 1_024;

export class PickleError extends Error {}

/** What the walk knows of a stack item: a short text, an import, bytes that may hold a pickle, a mark, or just something. */
export type Item =
  | { kind: "text"; value: string }
  | { kind: "global"; name: string }
  | { kind: "mark" }
  | { kind: "other" };

export const OTHER: Item = { kind: "other" };

const decode = (bytes: Buffer): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

/** Text too long for a name, or not UTF-8, cannot be followed: used in an import, it ends the walk. */
export function textItem(bytes: Buffer): Item {
  const value = bytes.length <= MAX_NAME_BYTES ? decode(bytes) : undefined;
  return value === undefined ? OTHER : { kind: "text", value };
}

/** Escapes are not decoded: text that has any cannot be followed. */
export function lineText(opcode: "UNICODE" | "STRING", line: Buffer): Item {
  if (line.includes(0x5c)) return OTHER;
  if (opcode === "UNICODE") return textItem(line);
  const quoted = /^(['"])(.*)\1$/s.exec(line.toString("latin1").trim());
  if (quoted === null) throw new PickleError("a string has no quotes");
  return textItem(Buffer.from(quoted[2] ?? "", "latin1"));
}

export function nameText(line: Buffer): string {
  const text = line.length <= MAX_NAME_BYTES ? decode(line) : undefined;
  if (text === undefined) throw new PickleError("an import's name is not text");
  return text;
}

export function decimal(line: Buffer): number {
  const text = line.toString("latin1");
  if (!/^\d{1,10}$/.test(text)) throw new PickleError("a memo index is not a number");
  return Number(text);
}
