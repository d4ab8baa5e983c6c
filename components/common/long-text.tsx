import { CopyButton } from "./copy-button";

const SHORT = 200;

/** A machine's text: whole when short; a long one scrolls in a small box, by keyboard too, and is copied whole. */
export function LongText({ text, label }: { text: string; label: string }) {
  if (text.length <= SHORT) return <code className="font-mono text-sm break-words">{text}</code>;
  return (
    <div className="flex items-start gap-1">
      <section
        aria-label={label}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
        tabIndex={0}
        className="max-h-40 min-w-0 flex-1 overflow-y-auto rounded-sm bg-surface-sunken p-2 font-mono text-sm break-words whitespace-pre-wrap"
      >
        {text}
      </section>
      <CopyButton value={text} label={`Copy ${label}`} />
    </div>
  );
}
