import { ChevronRight } from "lucide-react";
import Link from "next/link";

export type Crumb = { label: string; href?: string };

/** The path to this page; the last crumb is the page itself. */
export function Breadcrumb({ items }: { items: readonly Crumb[] }) {
  return (
    <nav aria-label="Breadcrumb" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1 text-sm text-fg-muted">
        {items.map((item, index) => {
          const last = index === items.length - 1;
          return (
            <li
              key={`${item.label}:${item.href ?? ""}`}
              className={last ? "flex min-w-0 items-center gap-1" : "flex shrink-0 items-center gap-1"}
            >
              {index > 0 ? <ChevronRight aria-hidden className="size-3.5 shrink-0 text-fg-subtle" /> : null}
              {item.href && !last ? (
                <Link href={item.href} className="rounded-sm py-0.5 hover:text-fg hover:underline">
                  {item.label}
                </Link>
              ) : (
                <span
                  aria-current={last ? "page" : undefined}
                  className={last ? "truncate text-fg" : undefined}
                >
                  {item.label}
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
