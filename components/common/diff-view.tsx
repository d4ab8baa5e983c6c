import { Minus, Pencil, Plus } from "lucide-react";
import { cn } from "@/components/ui/cn";

export type DiffEntry = { key: string; before: unknown; after: unknown };

/** The entries in which two flat records differ, by key order. */
export function diffRecords(before: Record<string, unknown>, after: Record<string, unknown>): DiffEntry[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys
    .map((key) => ({ key, before: before[key], after: after[key] }))
    .filter((entry) => JSON.stringify(entry.before) !== JSON.stringify(entry.after));
}

function show(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function kindOf(entry: DiffEntry) {
  if (entry.before === undefined || entry.before === null)
    return { icon: Plus, word: "Added", ink: "text-positive" };
  if (entry.after === undefined || entry.after === null)
    return { icon: Minus, word: "Removed", ink: "text-negative" };
  return { icon: Pencil, word: "Changed", ink: "text-warning" };
}

/** Before and after, key by key; the kind of change is an icon with a word, not colour alone. */
export function DiffView({ entries, className }: { entries: readonly DiffEntry[]; className?: string }) {
  if (entries.length === 0) return <p className="text-fg-subtle">No differences.</p>;
  return (
    <section
      aria-label="Differences"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll container must be reachable by keyboard
      tabIndex={0}
      data-inset-focus
      className={cn("overflow-x-auto rounded-md border bg-surface", className)}
    >
      <table className="w-full text-left text-sm">
        <caption className="sr-only">Differences, before and after</caption>
        <thead className="border-b bg-surface-sunken text-fg-subtle">
          <tr>
            <th scope="col" className="h-7 px-2 font-medium">
              Field
            </th>
            <th scope="col" className="px-2 font-medium">
              Before
            </th>
            <th scope="col" className="px-2 font-medium">
              After
            </th>
          </tr>
        </thead>
        <tbody className="divide-y font-mono">
          {entries.map((entry) => {
            const kind = kindOf(entry);
            const Icon = kind.icon;
            return (
              <tr key={entry.key} className="align-top">
                <th scope="row" className="px-2 py-1 font-normal whitespace-nowrap">
                  <Icon aria-hidden className={cn("mr-1.5 inline size-3.5", kind.ink)} />
                  <span className="sr-only">{kind.word}: </span>
                  {entry.key}
                </th>
                <td className="px-2 py-1 break-all text-fg-muted">{show(entry.before)}</td>
                <td className="px-2 py-1 break-all">{show(entry.after)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
