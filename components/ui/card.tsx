import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A bordered surface. */
export function Card({ className, ...rest }: ComponentProps<"div">) {
  return <div className={cn("rounded-lg border bg-surface", className)} {...rest} />;
}

/** The card's top row. */
export function CardHeader({ className, ...rest }: ComponentProps<"div">) {
  return (
    <div
      className={cn("flex flex-wrap items-center justify-between gap-2 border-b px-4 py-2.5", className)}
      {...rest}
    />
  );
}

/** The card's heading (an `h2`; pass `asLevel={3}` under another heading). */
export function CardTitle({ className, asLevel, ...rest }: ComponentProps<"h2"> & { asLevel?: 2 | 3 | 4 }) {
  const Heading = `h${asLevel ?? 2}` as const;
  return <Heading className={cn("text-base font-semibold", className)} {...rest} />;
}

/** One muted sentence under the heading. */
export function CardDescription({ className, ...rest }: ComponentProps<"p">) {
  return <p className={cn("text-sm text-fg-muted", className)} {...rest} />;
}

/** The card's body. */
export function CardContent({ className, ...rest }: ComponentProps<"div">) {
  return <div className={cn("p-4", className)} {...rest} />;
}

/** The card's closing row. */
export function CardFooter({ className, ...rest }: ComponentProps<"div">) {
  return (
    <div className={cn("flex flex-wrap items-center gap-2 border-t px-4 py-2.5", className)} {...rest} />
  );
}
