import { clip } from "@/server/core/characters";
const CLOCK = /^\S+Z o ?/;
const TRACEBACK = /^(?: {2}[|+ -]*)?Traceback \(most recent call last\):$/;
/** An error as Node, Ruby, Rust and command-line tools print it. */
const OTHERS = [
  /^(?:Uncaught )?(?:[A-Za-z_$][\w$]*\.)*[A-Z]\w*(?:Error|Exception)(?: \[\w+\])?: \S/,
  /^(?:error|fatal|panic|thread '.*' panicked)\b.*\S/i,
];
const MAX_CHARS = 300;

/** Python says what was raised in the first line after the frames, which are set in. */
function raisedIn(lines: readonly string[]): string | undefined {
  const from = lines.findLastIndex((line) => TRACEBACK.test(line));
  return from < 0 ? undefined : lines.slice(from + 1).find((line) => /^\S/.test(line));
}

/** The line of a log that says why its program failed: the exception that was raised last, else the last line that calls itself an error. */
export function lastWords(log: string): string | undefined {
  const lines = log
    .split("\n")
    .flatMap((line) => (CLOCK.test(line) ? [line.replace(CLOCK, "").trimEnd()] : []));
  const found = raisedIn(lines) ?? lines.findLast((line) => OTHERS.some((form) => form.test(line)));
  return found === undefined ? undefined : clip(found, MAX_CHARS);
}
