// oxlint-disable-next-line no-control-regex -- terminal escapes begin with a control character
const ANSI = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\-_])/gu;

/** A log line as a terminal would leave it: escapes removed, and of `\r` rewrites only the last. */
export function cleanLine(line: string): string {
  if (!line.includes("\u001B") && !line.includes("\r")) return line;
  const plain = line.replace(ANSI, "").replace(/\r+$/u, "");
  return plain.includes("\r") ? plain.slice(plain.lastIndexOf("\r") + 1) : plain;
}

/** The indexes of the lines that contain `query`, case-insensitively; none for an empty query. */
export function findMatches(lines: readonly string[], query: string): number[] {
  const wanted = query.toLowerCase();
  if (wanted === "") return [];
  const found: number[] = [];
  lines.forEach((line, index) => {
    if (line.toLowerCase().includes(wanted)) found.push(index);
  });
  return found;
}

/** A line cut at its matches: every second part is a match. */
export function splitMatches(line: string, query: string): string[] {
  if (query === "") return [line];
  const lower = line.toLowerCase();
  const wanted = query.toLowerCase();
  const parts: string[] = [];
  let at = 0;
  for (let hit = lower.indexOf(wanted); hit !== -1; hit = lower.indexOf(wanted, at)) {
    parts.push(line.slice(at, hit), line.slice(hit, hit + wanted.length));
    at = hit + wanted.length;
  }
  parts.push(line.slice(at));
  return parts;
}

const CLOCK = /^\d\d:\d\d:\d\d /;
/** A headline is cut where the line goes on. */
const COMPARED = 250;

/** The last line that a headline begins with, clock aside; -1 where none does. */
export function headlineAt(lines: readonly string[], headline: string): number {
  return lines.findLastIndex((line) => {
    const text = line.replace(CLOCK, "").trim();
    return text.length > COMPARED
      ? headline.startsWith(text.slice(0, COMPARED))
      : headline.startsWith(`${text} (`);
  });
}
