import { cn } from "@/components/ui/cn";
import { CopyButton } from "./copy-button";
import { highlight } from "./highlight";

const HIGHLIGHT_LIMIT = 20_000;

/** A JSON value, indented and coloured, with a copy button; very large values are shown plain. */
export function JsonView({
  value,
  label = "JSON",
  className,
}: {
  value: unknown;
  label?: string;
  className?: string;
}) {
  const text = JSON.stringify(value, null, 2) ?? "undefined";
  return (
    <div className={cn("relative min-w-0 rounded-lg border bg-surface", className)}>
      <div className="absolute top-1.5 right-1.5 rounded-md bg-surface">
        <CopyButton value={text} label={`Copy ${label}`} />
      </div>
      <section
        aria-label={label}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll container must be reachable by keyboard
        tabIndex={0}
        data-inset-focus
        className="max-h-96 overflow-auto rounded-lg"
      >
        <pre className="p-3 pr-10 font-mono text-sm">
          <code>{text.length > HIGHLIGHT_LIMIT ? text : highlight(text, "json")}</code>
        </pre>
      </section>
    </div>
  );
}
