const UNSTORABLE = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

/** Text as Postgres takes it: no NUL, no half of a surrogate pair. */
export const storableText = (text: string): string =>
  Buffer.from(text.replaceAll("\0", "\uFFFD"), "utf8").toString("utf8");

/** JSON as Postgres takes it (jsonb refuses NUL and lone surrogates, which JSON allows). */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "null";
  if (!UNSTORABLE.test(text)) return text;
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "string") return storableText(item);
    if (item === null || typeof item !== "object" || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [storableText(key), inner]));
  });
}
