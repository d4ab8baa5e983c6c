import { cn } from "./cn";

/** The initials of a person or team: first letters of the first and last word, at most two. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s@._-]+/u)
    .filter(Boolean);
  const first = words[0]?.[0] ?? "?";
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? "") : "";
  return (first + last).toUpperCase();
}

/** Initials in a disc; decoration beside a written name, so hidden from assistive technology. */
export function Avatar({ name, className, square }: { name: string; className?: string; square?: boolean }) {
  return (
    <span
      aria-hidden
      // Drawn and not written: as text it would be part of what a button says, and of no name that one calls it by.
      data-initials={initials(name)}
      className={cn(
        "before:content-[attr(data-initials)] inline-flex size-6 shrink-0 items-center justify-center bg-accent-soft text-[0.625rem] font-semibold text-accent-text select-none",
        square ? "rounded-md" : "rounded-full",
        className,
      )}
    />
  );
}
