"use client";
import { useId, useState } from "react";
import { cn } from "@/components/ui/cn";
import { CopyButton } from "./copy-button";
import { type SnippetLanguage, highlight } from "./highlight";
import { useOrigin } from "./use-origin";

export type Snippet = { label: string; code: string; language?: SnippetLanguage };

function guess(label: string): SnippetLanguage {
  const name = label.toLowerCase();
  if (name.includes("python")) return "python";
  return name.includes("json") ? "json" : name.includes("yaml") ? "yaml" : "bash";
}

/**
 * How to get what the page shows: one snippet per door (Python, curl, CLI) and a copy button. Never put a secret in.
 * `$MODELWORKS_URL` in a snippet becomes the address that the reader uses, so that what is copied works.
 */
export function CopySnippet({
  snippets,
  title,
  className,
}: {
  snippets: readonly Snippet[];
  title?: string;
  className?: string;
}) {
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const origin = useOrigin();
  const snippet = snippets[chosen] ?? snippets[0];
  if (!snippet) return null;
  const code = origin ? snippet.code.replaceAll("$MODELWORKS_URL", origin) : snippet.code;
  return (
    <div className={cn("min-w-0 overflow-hidden rounded-lg border bg-surface", className)}>
      <div className="flex h-9 items-center gap-1 border-b bg-surface-sunken pr-1.5 pl-2">
        {title ? <span className="mr-2 truncate pl-1 text-sm font-medium">{title}</span> : null}
        <fieldset
          className="flex min-w-0 flex-1 gap-1 overflow-x-auto"
          aria-label={title ?? "Snippet language"}
        >
          {snippets.map((item, index) => (
            <button
              key={item.label}
              type="button"
              data-inset-focus
              aria-pressed={index === chosen}
              aria-controls={id}
              onClick={() => setChosen(index)}
              className={cn(
                "h-6 rounded-sm px-1.5 text-sm whitespace-nowrap",
                index === chosen
                  ? "bg-surface-raised text-fg ring-1 ring-border ring-inset"
                  : "text-fg-muted hover:text-fg",
              )}
            >
              {item.label}
            </button>
          ))}
        </fieldset>
        <CopyButton value={code} label={`Copy ${snippet.label} snippet`} />
      </div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll container must be reachable by keyboard */}
      <pre id={id} tabIndex={0} data-inset-focus className="overflow-x-auto p-3 font-mono text-sm leading-5">
        <code>{highlight(code, snippet.language ?? guess(snippet.label))}</code>
      </pre>
    </div>
  );
}
