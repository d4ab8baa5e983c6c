"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { cn } from "@/components/ui/cn";

const PAGES = [
  { href: "/alerts", label: "Alerts" },
  { href: "/alerts/silences", label: "Silences" },
  { href: "/alerts/routing", label: "Who is told" },
];

/** The pages about alerts. */
export function AlertTabs() {
  const path = usePathname();
  return (
    <nav aria-label="Pages about alerts" className="flex gap-4 overflow-x-auto border-b">
      {PAGES.map(({ href, label }) => (
        <Link
          key={href}
          href={href}
          data-inset-focus
          aria-current={path === href ? "page" : undefined}
          className={cn(
            "-mb-px inline-flex h-9 shrink-0 items-center border-b-2 border-transparent px-0.5 text-fg-muted hover:text-fg",
            path === href && "border-accent font-medium text-fg",
          )}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
