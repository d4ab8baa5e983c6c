import type { ReactNode } from "react";

export type SnippetLanguage = "python" | "bash" | "json" | "yaml" | "text";

const KEYWORDS: Partial<Record<SnippetLanguage, string>> = {
  python: "import|from|as|with|def|return|for|in|if|else|print|None|True|False",
  bash: "curl|export|pip|python|python3|npx|cosign|openssl|jq|sh",
  json: "true|false|null",
  yaml: "true|false|null",
};

/** Colours strings, comments, numbers and a language's few keywords: enough for short snippets, no library. */
export function highlight(code: string, language: SnippetLanguage): ReactNode[] {
  if (language === "text") return [code];
  const comment = language === "json" ? "(?!)" : "#[^\\n]*";
  const words = KEYWORDS[language] ?? "(?!)";
  const pattern = new RegExp(
    `("(?:\\\\.|[^"\\\\\\n])*"|'(?:\\\\.|[^'\\\\\\n])*')|(${comment})|\\b(${words})\\b|\\b(\\d[\\d_.]*)\\b`,
    "gu",
  );
  const out: ReactNode[] = [];
  let at = 0;
  for (const match of code.matchAll(pattern)) {
    out.push(code.slice(at, match.index));
    const tone = match[1]
      ? "text-positive"
      : match[2]
        ? "text-fg-subtle"
        : match[3]
          ? "text-accent-text"
          : "text-warning";
    out.push(
      <span key={match.index} className={tone}>
        {match[0]}
      </span>,
    );
    at = match.index + match[0].length;
  }
  out.push(code.slice(at));
  return out;
}
