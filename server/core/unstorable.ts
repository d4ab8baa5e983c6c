/** What the database cannot hold, found before it is asked and recognised when it says so. */

const ZERO_BYTE = "\0";

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

/** Where a text, or the name of a field, holds a zero byte, which no text of Postgres may; undefined when none does. */
export function zeroByteIn(input: unknown): string | undefined {
  if (typeof input === "string") return input.includes(ZERO_BYTE) ? "input" : undefined;
  if (!isPlain(input)) return undefined;
  const waiting: Node[] = [{ value: input, key: "", parent: undefined }];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    for (const [key, value] of Object.entries(node.value)) {
      const holds = key.includes(ZERO_BYTE) || (typeof value === "string" && value.includes(ZERO_BYTE));
      if (holds) return pathOf(node, key).replaceAll(ZERO_BYTE, "\u2400");
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
