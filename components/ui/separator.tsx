import { cn } from "./cn";

/** A hairline. */
export function Separator(props: { orientation?: "horizontal" | "vertical"; className?: string }) {
  const vertical = props.orientation === "vertical";
  return (
    <div
      aria-hidden
      className={cn("shrink-0 bg-border", vertical ? "h-4 w-px" : "h-px w-full", props.className)}
    />
  );
}
