import { OTHER, PickleError, type Item } from "./pickle-items";

/** Names of imports are shorter; a longer text is not kept, and as a name it would count as computed. */
export const MAX_NAME_BYTES = 1_024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const decode = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
};

export function textItem(bytes: Uint8Array): Item {
  const value = decode(bytes);
  return value === undefined ? OTHER : { kind: "text", value };
}

/** The two lines of GLOBAL and INST. */
export function nameText(line: Uint8Array): string {
  const text = decode(line);
  if (text === undefined) throw new PickleError("an import's name is not text");
  return text;
}

/** The line of UNICODE: Latin-1 with `\uXXXX` and `\UXXXXXXXX`, as Python's raw-unicode-escape reads it. */
export function unicodeLine(line: Buffer): Item {
  const text = line.toString("latin1");
  let value = "";
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at] === "\\" ? text[at + 1] : undefined;
    if (mark === undefined) {
      value += text[at] ?? "";
      continue;
    }
    const digits = mark === "u" ? 4 : mark === "U" ? 8 : 0;
    if (digits === 0) value += `\\${mark}`;
    else value += fromHex(text.slice(at + 2, at + 2 + digits), digits);
    at += 1 + digits;
  }
  return { kind: "text", value };
}

function fromHex(hex: string, digits: number): string {
  const code = Number.parseInt(hex, 16);
  if (hex.length !== digits || !/^[\da-fA-F]+$/.test(hex) || code > 0x10ffff)
    throw new PickleError("an escape in a text is malformed");
  return String.fromCodePoint(code);
}

const SIMPLE: Record<string, string> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Python's escapes of byte strings; an unknown one stays as it is. */
export function stringLine(line: Buffer): Item {
  const quoted = /^(['"])(.*)\1$/s.exec(line.toString("latin1").replace(/[\0- ]+$/, ""));
  if (quoted === null) throw new PickleError("a string has no quotes");
  const value = (quoted[2] ?? "").replaceAll(
    /\\(?:x([\da-fA-F]{2})|([0-7]{1,3})|([^]|$))/g,
    (whole: string, hex?: string, octal?: string, other?: string) => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8) & 0xff);
      if (other === "" || other === "x") throw new PickleError("an escape in a string is malformed");
      return SIMPLE[other ?? ""] ?? whole;
    },
  );
  // Which encoding a byte string gets is the reader's choice; only ASCII is the same in all.
  return /^[\0-\x7f]*$/.test(value) ? { kind: "text", value } : OTHER;
}
