import { int64Of, type Int64 } from "@/server/core/int64";
import { invalid } from "@/server/core/errors";

/** One comparison of a search filter, such as `metrics.accuracy > 0.7`. */
export interface Comparison {
  /** metric | param | tag | attribute | dataset */
  kind: string;
  key: string;
  operator:
    | "="
    | "!="
    | ">"
    | ">="
    | "<"
    | "<="
    | "LIKE"
    | "ILIKE"
    | "IN"
    | "NOT IN"
    | "IS NULL"
    | "IS NOT NULL";
  /** A number (a bigint beyond what a double holds), a string, a list of strings for IN, or null where the operator needs none. */
  value: Int64 | string | string[] | null;
}

export interface OrderTerm {
  kind: string;
  key: string;
  descending: boolean;
}

interface Token {
  type: "word" | "string" | "number" | "operator" | "open" | "close" | "comma";
  text: string;
  at: number;
}

const KINDS: Record<string, string> = {
  metric: "metric",
  metrics: "metric",
  param: "param",
  params: "param",
  parameter: "param",
  parameters: "param",
  tag: "tag",
  tags: "tag",
  attribute: "attribute",
  attributes: "attribute",
  attr: "attribute",
  run: "attribute",
  dataset: "dataset",
  datasets: "dataset",
};

const bad = (message: string, filter: string) =>
  invalid(
    `Invalid filter: ${message}.`,
    "Write comparisons joined by AND, such as metrics.accuracy > 0.7 and params.model = 'tree'.",
    {
      fields: { filter: message },
      filter,
    },
  );

const PATTERN =
  /\s*(?:(?<string>'(?:''|\\'|[^'])*'|"(?:""|\\"|[^"])*")|(?<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.]))|(?<operator>!=|>=|<=|=|>|<)|(?<open>\()|(?<close>\))|(?<comma>,)|(?<word>(?:`[\p{L}]+`(?=\.)|[\p{L}\p{N}_-]+)(?:\.(?:`[^`]+`|"[^"]+"|'[^']+'|[\p{L}\p{N}_\-./: ]*[\p{L}\p{N}_\-/:]))?|`[^`]+`))/uy;

/** Cuts a filter into tokens; identifiers may be quoted with backticks or double quotes after the dot. */
function tokenize(filter: string): Token[] {
  const tokens: Token[] = [];
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < filter.length) {
    const at = PATTERN.lastIndex;
    if (filter.slice(at).trim() === "") break;
    const match = PATTERN.exec(filter);
    if (!match?.groups) throw bad(`cannot read it from "${filter.slice(at, at + 20).trim()}"`, filter);
    const entry = Object.entries(match.groups).find(([, text]) => text !== undefined);
    if (!entry?.[1]) throw bad("an empty token", filter);
    let text = entry[1];
    if (entry[0] === "word") {
      // A bare key ends before the operator words; what follows them is given back to the scanner.
      const cut = /\s+(?:i?like|in|is|not\s+in|and)\b|\s+$/iu.exec(text);
      const bare = !/[`"']/.test(text) ? (text.split(/\s+/u)[0] ?? text) : text;
      if (cut || bare !== text) {
        PATTERN.lastIndex -= text.length - bare.length;
        text = bare;
      }
    }
    tokens.push({ type: entry[0] as Token["type"], text, at });
  }
  return tokens;
}

/** What stands between the quotes is the value as it is, backslashes and doubled quotes included, as MLflow reads it. */
const unquote = (text: string) => text.slice(1, -1);

const numberOf = (text: string): Int64 =>
  /^[+-]?\d+$/.test(text) ? int64Of(text.replace("+", "")) : Number(text);

function identifier(text: string, bareKind: string): { kind: string; key: string } {
  const clean = (key: string) => (/^[`"'].*[`"']$/u.test(key) ? key.slice(1, -1) : key);
  const dot = text.indexOf(".");
  if (dot < 0) return { kind: bareKind, key: clean(text) };
  const kind = KINDS[clean(text.slice(0, dot)).toLowerCase()];
  if (!kind) throw bad(`"${text.slice(0, dot)}" is not metrics, params, tags, attributes or datasets`, text);
  return { kind, key: clean(text.slice(dot + 1)) };
}

const isWord = (token: Token | undefined, word: string) =>
  token?.type === "word" && token.text.toUpperCase() === word;

function operatorAt(
  tokens: Token[],
  at: number,
  filter: string,
): { operator: Comparison["operator"]; next: number } {
  const token = tokens[at];
  const word = token?.text.toUpperCase();
  if (token?.type === "operator") return { operator: token.text as Comparison["operator"], next: at + 1 };
  const isNot = word === "IS" && isWord(tokens[at + 1], "NOT");
  if (word === "IS" && isWord(tokens[at + (isNot ? 2 : 1)], "NULL"))
    return { operator: isNot ? "IS NOT NULL" : "IS NULL", next: at + (isNot ? 3 : 2) };
  if (word === "LIKE" || word === "ILIKE" || word === "IN") return { operator: word, next: at + 1 };
  if (word === "NOT" && isWord(tokens[at + 1], "IN")) return { operator: "NOT IN", next: at + 2 };
  throw bad(`an operator is missing after "${tokens[at - 1]?.text ?? ""}"`, filter);
}

function valueAt(tokens: Token[], at: number, filter: string): { value: Comparison["value"]; next: number } {
  const token = tokens[at];
  if (token?.type === "number") return { value: numberOf(token.text), next: at + 1 };
  if (token?.type === "string") return { value: unquote(token.text), next: at + 1 };
  if (token?.type !== "open")
    throw bad("a quoted text, a number or a list is expected after the operator", filter);
  const list: string[] = [];
  let index = at + 1;
  while (index < tokens.length && tokens[index]?.type !== "close") {
    const item = tokens[index];
    if (item?.type === "string") list.push(unquote(item.text));
    else if (item?.type !== "comma") throw bad("a list may hold quoted texts only", filter);
    index += 1;
  }
  if (tokens[index]?.type !== "close" || list.length === 0)
    throw bad("the list is not closed or is empty", filter);
  return { value: list, next: index + 1 };
}

/**
 * Parses MLflow's search grammar: comparisons joined by AND. `bareKind` is what an identifier without prefix means.
 * @throws AppError `invalid` that quotes the place it cannot read.
 */
export function parseFilter(filter: string, bareKind = "attribute"): Comparison[] {
  const tokens = tokenize(filter);
  const comparisons: Comparison[] = [];
  let at = 0;
  while (at < tokens.length) {
    const left = tokens[at];
    if (isWord(left, "AND")) {
      // Left out, or one more than needed at an end, as MLflow lets scripts write it.
      at += 1;
      continue;
    }
    if (isWord(left, "OR")) throw bad(`only AND may join comparisons, not "${left?.text ?? ""}"`, filter);
    if (left?.type !== "word") throw bad(`a name is expected instead of "${left?.text ?? ""}"`, filter);
    const name = identifier(left.text, bareKind);
    const { operator, next } = operatorAt(tokens, at + 1, filter);
    const { value, next: after } = operator.endsWith("NULL")
      ? { value: null, next }
      : valueAt(tokens, next, filter);
    comparisons.push({ ...name, operator, value });
    at = after;
  }
  return comparisons;
}

/** Parses one `order_by` term: `metrics.accuracy DESC`. */
export function parseOrder(term: string, bareKind = "attribute"): OrderTerm {
  const match = /^\s*(.+?)(?:\s+(asc|desc))?\s*$/iu.exec(term);
  if (!match?.[1]) throw bad("an empty order", term);
  return { ...identifier(match[1], bareKind), descending: match[2]?.toLowerCase() === "desc" };
}
