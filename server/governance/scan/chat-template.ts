import { critical, shown, warning, type Finding } from "./findings";

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
    computed ??= COMPUTED.map((pattern) => pattern.exec(expression)?.[0]).find(
      (found) => found !== undefined,
    );
  }
  if (computed === undefined) return [];
  const message = `The chat template puts a name together with ${shown(computed)}, so what it reads cannot be known.`;
  return [warning("template.computed-name", message)];
}
