import { firstCharacters } from "@/server/core/characters";
export type StrictJson = string | bigint | StrictJson[] | Map<string, StrictJson>;

/** Syntax that is not allowed here. */
export class StrictJsonError extends Error {}

const MAX_DEPTH = 8;
const TOKEN = /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(0|[1-9]\d*)(?![\d.eE]))/y;

/**
 * The JSON that a safetensors header may hold: objects, arrays, strings and non-negative integers (as BigInt). Unlike
 * `JSON.parse` it refuses duplicate keys, which two readers may resolve differently.
 * @throws StrictJsonError
 */
export function parseStrictJson(text: string): StrictJson {
  const tokens = new Tokens(text);
  const value = parseValue(tokens, tokens.next(), 0);
  if (!tokens.atEnd()) throw new StrictJsonError("text after the JSON value");
  return value;
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
    const token = match?.[1] ?? match?.[2] ?? match?.[3];
    if (token === undefined) throw new StrictJsonError(`unexpected text at character ${this.#at}`);
    this.#at = TOKEN.lastIndex;
    return token;
  }

  atEnd(): boolean {
    return this.#text.slice(this.#at).trim() === "";
  }
}

function parseValue(tokens: Tokens, token: string, depth: number): StrictJson {
  if (depth > MAX_DEPTH) throw new StrictJsonError("nested too deeply");
  if (token === "{") return parseObject(tokens, depth);
  if (token === "[") return parseArray(tokens, depth);
  if (token.startsWith('"')) return parseString(token);
  if (/^\d/.test(token)) return BigInt(token);
  throw new StrictJsonError(`unexpected ${token}`);
}

function parseString(token: string): string {
  try {
    const value: unknown = JSON.parse(token);
    if (typeof value === "string") return value;
  } catch {
    // Falls through to the refusal below.
  }
  throw new StrictJsonError("malformed string");
}

function parseArray(tokens: Tokens, depth: number): StrictJson[] {
  const items: StrictJson[] = [];
  let token = tokens.next();
  if (token === "]") return items;
  for (;;) {
    items.push(parseValue(tokens, token, depth + 1));
    const separator = tokens.next();
    if (separator === "]") return items;
    if (separator !== ",") throw new StrictJsonError(`expected , or ] and found ${separator}`);
    token = tokens.next();
  }
}

function parseObject(tokens: Tokens, depth: number): Map<string, StrictJson> {
  const object = new Map<string, StrictJson>();
  let token = tokens.next();
  if (token === "}") return object;
  for (;;) {
    if (!token.startsWith('"')) throw new StrictJsonError("expected a key");
    const key = parseString(token);
    if (object.has(key))
      throw new StrictJsonError(`duplicate key ${JSON.stringify(firstCharacters(key, 80))}`);
    if (tokens.next() !== ":") throw new StrictJsonError("expected :");
    object.set(key, parseValue(tokens, tokens.next(), depth + 1));
    const separator = tokens.next();
    if (separator === "}") return object;
    if (separator !== ",") throw new StrictJsonError(`expected , or } and found ${separator}`);
    token = tokens.next();
  }
}
