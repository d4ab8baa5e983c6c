import { critical, shown, type Finding } from "./findings";

/** Inside a template's expressions only these lead out of its sandbox. */
const ESCAPE =
  /__\w+__|\\x5f|\\u005f|\|\s*attr\s*\(|\b(?:cycler|joiner|lipsum|self|config|request|get_flashed_messages|url_for)\s*(?:\.|\[)|\b(?:popen|subprocess|os\.system|importlib)\b/i;
const EXPRESSION = /\{\{[^]*?(?:\}\}|$)|\{%[^]*?(?:%\}|$)/g;

/** A chat template is a program in a small language; honest ones never reach for attributes of Python's own. */
export function templateFindings(template: string): Finding[] {
  for (const [expression] of template.matchAll(EXPRESSION)) {
    const escape = ESCAPE.exec(expression);
    if (escape !== null)
      return [
        critical(
          "template.escape",
          `The chat template reaches out of its sandbox with ${shown(escape[0])}, which can run code.`,
        ),
      ];
  }
  return [];
}
