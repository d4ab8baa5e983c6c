import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A real table in a box that scrolls sideways and can be reached by keyboard; give it `label` or a caption. */
export function Table({ className, label, ...rest }: ComponentProps<"table"> & { label: string }) {
  return (
    <section
      aria-label={label}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll container must be reachable by keyboard
      tabIndex={0}
      data-inset-focus
      className="relative w-full overflow-x-auto"
    >
      <table className={cn("w-full border-collapse text-left text-base", className)} {...rest} />
    </section>
  );
}

/** The head rows. */
export function TableHeader({ className, ...rest }: ComponentProps<"thead">) {
  return <thead className={cn("[&_tr]:border-b", className)} {...rest} />;
}

/** The body rows. */
export function TableBody({ className, ...rest }: ComponentProps<"tbody">) {
  return <tbody className={cn("[&_tr:last-child]:border-0", className)} {...rest} />;
}

/** One row. */
export function TableRow({ className, ...rest }: ComponentProps<"tr">) {
  return (
    <tr
      className={cn("border-b hover:bg-surface-hover/60 data-[selected=true]:bg-accent-soft", className)}
      {...rest}
    />
  );
}

/** A column heading. */
export function TableHead({ className, scope, ...rest }: ComponentProps<"th">) {
  return (
    <th
      scope={scope ?? "col"}
      className={cn("h-9 px-3 text-sm font-medium whitespace-nowrap text-fg-subtle", className)}
      {...rest}
    />
  );
}

/** One cell. */
export function TableCell({ className, ...rest }: ComponentProps<"td">) {
  return <td className={cn("h-10 px-3 py-1.5 align-middle", className)} {...rest} />;
}

/** The table's caption; visually hidden unless `className` shows it. */
export function TableCaption({ className, ...rest }: ComponentProps<"caption">) {
  return <caption className={cn("sr-only", className)} {...rest} />;
}
