import { PickleLimit } from "./pickle-items";

/**
 * The numbers that text opcodes of a pickle may hold, as Python reads them. Its two unpicklers differ a little: the one in C ends a line
 * at a zero byte and knows `strtol`'s octals; a line that either takes is a number here, so that a walk never stops where Python goes on.
 */
const SPACES = " \t\n\v\f\r";
/** Python of today refuses more than 4,300 digits; older ones take any number. */
const MAX_DIGITS = 10_000;
const DECIMAL = /^[+-]?\d(?:_?\d)*$/;
const LITERAL =
  /^[+-]?(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?\d)*|0(?:_?0)*)$/;
/** Only the old C function reads a leading zero as octal; it takes spaces in front and none behind. */
const OCTAL = /^[ \t\n\v\f\r]*[+-]?0[0-7]+$/;
const FLOAT = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf|infinity|nan)$/i;

/** Step by step: a pattern would look at each run of spaces in a long line from each of its places. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && SPACES.includes(text.charAt(start))) start += 1;
  while (end > start && SPACES.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** The line and, up to a zero byte, what the unpickler in C sees of it. */
function readings(line: Uint8Array): { whole: string; inC: string } {
  const whole = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("latin1");
  const zero = whole.indexOf("\0");
  return { whole, inC: zero < 0 ? whole : whole.slice(0, zero) };
}

/** What `int(line)` gives, or undefined where Python refuses it. */
export function pythonDecimal(line: Uint8Array): number | bigint | undefined {
  const text = trimmed(readings(line).inC);
  if (!DECIMAL.test(text)) return undefined;
  const digits = text.replaceAll("_", "");
  if (digits.length > MAX_DIGITS) throw new PickleLimit("a number is too long");
  const small = Number(digits);
  if (Number.isSafeInteger(small)) return small + 0;
  return digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits.replace("+", ""));
}

const isLiteral = (text: string): boolean => LITERAL.test(trimmed(text));

/** Whether the argument of INT is a number (or one of the two old booleans, which are numbers too). */
export function isPythonInt(line: Uint8Array): boolean {
  const { whole, inC } = readings(line);
  return isLiteral(inC) || OCTAL.test(inC) || (inC === "" && whole !== "");
}

/** The argument of LONG may end in `L`. */
export const isPythonLong = (line: Uint8Array): boolean =>
  isLiteral(readings(line.at(-1) === 0x4c ? line.subarray(0, -1) : line).inC);

/** In C there are neither spaces nor underscores, in Python no zero byte. */
export function isPythonFloat(line: Uint8Array): boolean {
  const { whole, inC } = readings(line);
  return FLOAT.test(inC) || FLOAT.test(trimmed(whole).replaceAll(/(?<=\d)_(?=\d)/g, ""));
}
