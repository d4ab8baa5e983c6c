/** Texts measured and cut in characters (code points), as Python, Postgres and the protocols count them; never in the middle of one. */

/** The first `limit` characters; the text itself where it has no more. */
export function firstCharacters(text: string, limit: number): string {
  // A character has at least one unit, so a text of so few units needs no counting.
  if (text.length <= limit) return text;
  let at = 0;
  for (let left = limit; left > 0 && at < text.length; left -= 1) at += widthAt(text, at);
  return text.slice(0, at);
}

const widthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xff_ff ? 2 : 1);

/** The text, or as much of it that with the sign that more follows it has `limit` characters. */
export function clip(text: string, limit: number): string {
  const whole = firstCharacters(text, limit);
  return whole === text ? text : `${firstCharacters(text, Math.max(limit - 1, 0))}…`;
}

/** The last `limit` characters of what is kept while more arrives, such as what a process complains of. */
export function lastCharacters(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let at = text.length;
  for (let left = limit; left > 0 && at > 0; left -= 1) {
    const beforeLast = at > 1 ? widthAt(text, at - 2) : 1;
    at -= beforeLast;
  }
  return text.slice(at);
}
