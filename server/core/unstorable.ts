/** What the database cannot hold, found before it is asked and recognised when it says so. */

const ZERO_BYTE = "\0";
/** Half of a character beyond the first 65,536, alone: JSON can spell it, but no encoding can. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const UNSTORABLE_TEXT = /[\0\p{Surrogate}]/u;

/** The text with a sign that says "unknown" in the place of what cannot be stored; for what is looked up and never kept. */
export const storableText = (text: string): string =>
  text.replaceAll(new RegExp(UNSTORABLE_TEXT, "gu"), "\uFFFD");

/** A text that the database cannot hold, and why. */
export interface UnstorableText {
  path: string;
  holds: "a zero byte" | "half a character (a lone surrogate)";
}

interface Node {
  value: object;
  key: string;
  parent: Node | undefined;
}

function pathOf(node: Node, key: string): string {
  const parts = [key];
  for (let at: Node | undefined = node; at?.parent; at = at.parent) parts.unshift(at.key);
  return parts.join(".");
}

const isPlain = (value: unknown): value is object =>
  typeof value === "object" &&
  value !== null &&
  (Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value)));

const describe = (path: string, text: string): UnstorableText => ({
  path: path.replaceAll(ZERO_BYTE, "\u2400").replaceAll(new RegExp(LONE_SURROGATE, "gu"), "\uFFFD"),
  holds: text.includes(ZERO_BYTE) ? "a zero byte" : "half a character (a lone surrogate)",
});

/**
 * The first text, or name of a field, that holds what no text of Postgres may: a zero byte, which it refuses, or half a character,
 * which it refuses in JSON and silently replaces elsewhere. Undefined when all can be stored.
 */
export function unstorableTextIn(input: unknown): UnstorableText | undefined {
  if (typeof input === "string") return UNSTORABLE_TEXT.test(input) ? describe("input", input) : undefined;
  if (!isPlain(input)) return undefined;
  const waiting: Node[] = [{ value: input, key: "", parent: undefined }];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    for (const [key, value] of Object.entries(node.value)) {
      const bad = [key, value].find((text) => typeof text === "string" && UNSTORABLE_TEXT.test(text));
      if (typeof bad === "string") return describe(pathOf(node, key), bad);
      if (isPlain(value)) waiting.push({ value, key, parent: node });
    }
  }
  return undefined;
}

/** SQLSTATE → what was wrong with the value. */
const UNSTORABLE: Readonly<Record<string, string>> = {
  "22003": "A number is larger or smaller than the field can hold.",
  "22021": "A text holds characters that cannot be stored, such as a zero byte.",
  "22P05": "A text holds characters that cannot be stored, such as a zero byte.",
};

/** In words, when a query failed because a value does not fit its column; undefined for any other error. */
export function unstorableInWords(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    const words = "code" in at && typeof at.code === "string" ? UNSTORABLE[at.code] : undefined;
    if (words) return words;
  }
  return undefined;
}
