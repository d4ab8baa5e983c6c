import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A grey stand-in of the content's shape; appears only after 180 ms. */
export function Skeleton({ className, ...rest }: ComponentProps<"div">) {
  return <div aria-hidden className={cn("skeleton-shimmer rounded-sm bg-border", className)} {...rest} />;
}
