import { critical, shown, warning, type Finding } from "./findings";
import { firstCharacters } from "@/server/core/characters";

/** Inside a template's expressions only these lead out of its sandbox. */
const ESCAPE =
  /__\w+__|\\x5f|\\u005f|\\U0000005f|\\137|\\N\{|\|\s*attr\s*\(|\bmap\s*\(\s*['"]attr['"]|\b(?:cycler|joiner|lipsum|self|config|request|get_flashed_messages|url_for)\s*(?:\.|\[)|\b(?:popen|subprocess|os\.system|importlib)\b/i;
/** A text with the underscores of Python's own names, or by which a name can be put together; a name that is not written out. */
const COMPUTED: readonly RegExp[] = [
  /__|['"]_|_['"]|%[-+ #\d.]*c/,
  /\[[^\][]*(?:~|\||%|['"]\s*\+|\+\s*['"]|['"]\s*['"]|\.(?:join|format|replace)\b)/,
  /\][^\][]*(?:~|\||%|\+\s*['"])[^\][]*\]/,
  /\b(?:map|select|reject|selectattr|rejectattr)\s*\((?!\s*(?:\)|attribute\s*=|(['"])\w[\w. ]*\1\s*[,)]))/,
  /\battribute\s*=(?!\s*(['"])\w[\w.]*\1\s*[,)])/,
];
const TOKEN = /'[^'\\]*(?:\\.[^'\\]*)*'?|"[^"\\]*(?:\\.[^"\\]*)*"?|\}\}|%\}|[{}]/gs;

/** What stands between `{{` and `}}` or `{%` and `%}`, which do not end inside a text or a dictionary. */
function* expressions(template: string): Generator<string> {
  const opening = /\{[{%]/g;
  for (let open = opening.exec(template); open !== null; open = opening.exec(template)) {
    const start = opening.lastIndex;
    const end = endOf(template, start);
    yield template.slice(start, end);
    opening.lastIndex = end;
  }
}

function endOf(template: string, start: number): number {
  let braces = 0;
  TOKEN.lastIndex = start;
  for (let token = TOKEN.exec(template)?.[0]; token !== undefined; token = TOKEN.exec(template)?.[0]) {
    if (token === "%}" || (token === "}}" && braces === 0)) return TOKEN.lastIndex;
    if (token === "{") braces += 1;
    else if (token === "}") braces -= 1;
    else if (token === "}}") {
      // One closes the dictionary; the other may begin the end.
      braces -= 1;
      TOKEN.lastIndex -= 1;
    }
  }
  return template.length;
}

const SUBSCRIPT = /'[^'\\]*(?:\\.[^'\\]*)*'?|"[^"\\]*(?:\\.[^"\\]*)*"?|[[\]]/gs;
/** What a subscript says without a variable: a text, a number, a part of a list, or a place that a loop counts. */
const WRITTEN =
  /^(?:(?:'[^'\\]*'|"[^"\\]*")|(?:[-+\s:\d*]|\bloop\s*\.\s*(?:index0?|revindex0?|length)\b|\|\s*(?:length|count|int)\b(?!\s*\())+)$/s;
const KEYWORD = /(?<![\w.])(?:in|not|and|or|if|else|elif|is|set|for|print|do|return)$/;

/** Whether the bracket reads from what stands before it; after an operator or a word of the language it begins a list. */
function isSubscript(expression: string, bracket: number): boolean {
  let last = bracket - 1;
  while (/\s/.test(expression[last] ?? "")) last -= 1;
  const before = expression.slice(Math.max(0, last - 8), last + 1);
  return /[\w)\]}'"]$/.test(before) && !KEYWORD.test(before);
}

/** The first subscript by a variable: what was put together elsewhere may be used as a name there. */
function computedSubscript(expression: string): string | undefined {
  const opened: { start: number; reads: boolean }[] = [];
  for (const { 0: token, index } of expression.matchAll(SUBSCRIPT)) {
    if (token === "[") {
      opened.push({ start: index + 1, reads: isSubscript(expression, index) });
    } else if (token === "]") {
      const { start, reads } = opened.pop() ?? { start: 0, reads: true };
      if (reads && !WRITTEN.test(expression.slice(start, index).trim()))
        return expression.slice(Math.max(0, start - 1), index + 1);
    }
  }
  // One that is not closed cannot be read here; Jinja refuses it as well.
  return opened.some((one) => one.reads) ? firstCharacters(expression, 80) : undefined;
}

/** A chat template is a program in a small language; honest ones never reach for attributes of Python's own. */
export function templateFindings(template: string): Finding[] {
  let computed: string | undefined;
  for (const expression of expressions(template)) {
    const escape = ESCAPE.exec(expression);
    if (escape !== null)
      return [
        critical(
          "template.escape",
          `The chat template reaches out of its sandbox with ${shown(escape[0])}, which can run code.`,
        ),
      ];
    computed ??=
      COMPUTED.map((pattern) => pattern.exec(expression)?.[0]).find((found) => found !== undefined) ??
      computedSubscript(expression);
  }
  if (computed === undefined) return [];
  const message = `The chat template puts a name together with ${shown(computed)}, so what it reads cannot be known.`;
  return [warning("template.computed-name", message)];
}
