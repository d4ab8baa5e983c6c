import { Avatar } from "@/components/ui/avatar";
import { cn } from "@/components/ui/cn";

/** Who owns it: initials and name. `kind="team"` draws a square. */
export function OwnerChip({
  name,
  kind = "user",
  className,
}: {
  name: string;
  kind?: "user" | "team";
  className?: string;
}) {
  return (
    <span className={cn("inline-flex max-w-full items-center gap-1.5", className)}>
      <Avatar name={name} square={kind === "team"} className="size-5" />
      <span className="truncate">{name}</span>
    </span>
  );
}
