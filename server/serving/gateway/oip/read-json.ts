import { parseExactJson } from "@/server/core/exact-json";
import { invalid } from "@/server/core/errors";

export const MAX_DEPTH = 64;

const QUOTE = 0x22;
const ESCAPE = 0x5c;
const isOpen = (code: number) => code === 0x5b || code === 0x7b;
const isClose = (code: number) => code === 0x5d || code === 0x7d;

/** Where the text ends that begins at `from`: at its closing quote, or at the end of all. */
function endOfText(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === ESCAPE) i += 1;
    else if (code === QUOTE) return i;
  }
  return text.length;
}

/** Refuses nesting that could exhaust the stack of a reader. */
function checkDepth(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfText(text, i);
    else if (isOpen(code)) {
      depth += 1;
      if (depth > MAX_DEPTH) throw invalid(`The body is nested deeper than ${MAX_DEPTH} levels.`);
    } else if (isClose(code)) depth -= 1;
  }
}

const NON_FINITE = /-?(?:NaN|Infinity)\b/y;

/** Python writes NaN and Infinity as bare words; they become the texts that float tensors take. */
function quoteNonFinite(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfText(text, i);
    else if (code === 0x4e || code === 0x49 || code === 0x2d) {
      NON_FINITE.lastIndex = i;
      const word = NON_FINITE.exec(text)?.[0];
      if (word === undefined) continue;
      parts.push(text.slice(from, i), `"${word}"`);
      i += word.length - 1;
      from = i + 1;
    }
  }
  return parts.join("") + text.slice(from);
}

function parse(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return parseExactJson(quoteNonFinite(text));
  }
}

/**
 * A request's JSON, with exact whole numbers and a bound on its nesting.
 * @throws AppError `invalid`
 */
export function readJson(text: string): unknown {
  checkDepth(text);
  try {
    return parse(text);
  } catch {
    throw invalid("The body is not valid JSON.", 'Send an Open Inference Protocol request: {"inputs": […]}.');
  }
}
