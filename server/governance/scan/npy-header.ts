export class NpyHeaderError extends Error {}

/** What a header of numpy's file format says. */
export type Literal = string | number | boolean | null | { list: Literal[] } | { tuple: Literal[] };

const MAX_DEPTH = 16;
const TOKEN =
  /[ \t\n\r\f]*(?:([{}[\](),:])|('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(\d+)L?(?![\w.])|(True|False|None)(?!\w))/y;

/**
 * A dictionary as Python writes it, with text keys. numpy evaluates the header as a Python literal and takes the last of two equal keys;
 * equal keys are refused here, also when they are spelled differently, and so is whatever numpy itself never writes.
 * @throws NpyHeaderError
 */
export function parseNpyHeader(text: string): Map<string, Literal> {
  const tokens = new Tokens(text);
  tokens.expect("{");
  const entries = new Map<string, Literal>();
  for (let token = tokens.next(); token !== "}"; token = tokens.next()) {
    const key = literal(tokens, token, 0);
    if (typeof key !== "string") throw new NpyHeaderError("a key is not text");
    if (entries.has(key)) throw new NpyHeaderError(`it has two entries ${JSON.stringify(key)}`);
    tokens.expect(":");
    entries.set(key, literal(tokens, tokens.next(), 0));
    const separator = tokens.next();
    if (separator === "}") break;
    if (separator !== ",") throw new NpyHeaderError("a comma is missing");
  }
  tokens.end();
  return entries;
}

class Tokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): string {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    const token = match?.[1] ?? match?.[2] ?? match?.[3] ?? match?.[4];
    if (token === undefined) throw new NpyHeaderError(`unexpected text at character ${this.#at}`);
    this.#at = TOKEN.lastIndex;
    return token;
  }

  expect(token: string): void {
    if (this.next() !== token) throw new NpyHeaderError(`${token} is missing`);
  }

  end(): void {
    if (!/^[ \t\n\r\f]*$/.test(this.#text.slice(this.#at))) throw new NpyHeaderError("text follows it");
  }
}

function literal(tokens: Tokens, token: string, depth: number): Literal {
  if (depth > MAX_DEPTH) throw new NpyHeaderError("it is nested too deeply");
  if (token === "(") return parenthesis(tokens, depth);
  if (token === "[") return { list: items(tokens, "]", depth).items };
  if (/^['"]/.test(token)) return unquote(token);
  if (/^\d/.test(token)) {
    const value = Number(token);
    if (!Number.isSafeInteger(value) || (token.length > 1 && token.startsWith("0")))
      throw new NpyHeaderError("a number is malformed");
    return value;
  }
  if (token === "True") return true;
  if (token === "False") return false;
  if (token === "None") return null;
  throw new NpyHeaderError(`unexpected ${token}`);
}

/** One value in parentheses without a comma is that value. */
function parenthesis(tokens: Tokens, depth: number): Literal {
  const { items: inner, comma } = items(tokens, ")", depth);
  const [only] = inner;
  return inner.length === 1 && !comma && only !== undefined ? only : { tuple: inner };
}

function items(tokens: Tokens, close: string, depth: number): { items: Literal[]; comma: boolean } {
  const found: Literal[] = [];
  let comma = false;
  for (let token = tokens.next(); token !== close; token = tokens.next()) {
    found.push(literal(tokens, token, depth + 1));
    const separator = tokens.next();
    comma = separator === ",";
    if (separator === close) break;
    if (!comma) throw new NpyHeaderError("a comma is missing");
  }
  return { items: found, comma };
}

const ESCAPES: Record<string, string> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  n: "\n",
  r: "\r",
  t: "\t",
};

function unquote(token: string): string {
  return token
    .slice(1, -1)
    .replaceAll(
      /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/gs,
      (_, x?: string, u?: string, long?: string, other?: string) => {
        const hex = x ?? u ?? long;
        if (hex === undefined) {
          const simple = ESCAPES[other ?? ""];
          if (simple === undefined) throw new NpyHeaderError("an escape is unknown");
          return simple;
        }
        const code = Number.parseInt(hex, 16);
        if (code > 0x10ffff) throw new NpyHeaderError("an escape is unknown");
        return String.fromCodePoint(code);
      },
    );
}
