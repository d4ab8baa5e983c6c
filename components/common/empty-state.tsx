import { BookOpen, type LucideIcon } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";
import { CopySnippet, type Snippet } from "./copy-snippet";
import { StateFrame } from "./state-frame";

export type EmptyStateProps = {
  icon: LucideIcon;
  /** What would be here, as a statement: "No datasets yet". */
  title: string;
  /** What the thing is and why one wants it. */
  text: ReactNode;
  /** The one next step. */
  action?: ReactNode;
  snippets?: readonly Snippet[];
  docsHref?: string;
  className?: string;
};

/** What belongs here, the next step, a snippet that works, and where to read more. */
export function EmptyState({ icon, title, text, action, snippets, docsHref, className }: EmptyStateProps) {
  return (
    <StateFrame
      icon={icon}
      title={title}
      text={text}
      heading="h2"
      className={cn("rounded-lg border border-dashed bg-surface px-6 py-8", className)}
      actions={
        <>
          {action}
          {docsHref ? (
            <Link
              href={docsHref}
              className="inline-flex h-8 items-center gap-1.5 px-1 text-accent-text hover:underline"
            >
              <BookOpen aria-hidden className="size-4" /> Read how it works
            </Link>
          ) : null}
        </>
      }
    >
      {snippets && snippets.length > 0 ? (
        <CopySnippet snippets={snippets} className="w-full max-w-2xl" />
      ) : null}
    </StateFrame>
  );
}
