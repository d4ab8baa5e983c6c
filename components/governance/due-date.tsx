"use client";
import { Clock, TriangleAlert } from "lucide-react";
import { TimeAgo } from "@/components/common/time-ago";
import { useNow } from "@/components/common/use-now";

/** When something is due; overdue in words and with an icon, not by colour alone. */
export function DueDate({ value }: { value: Date }) {
  const now = useNow();
  const late = now !== 0 && new Date(value).getTime() < now;
  const Icon = late ? TriangleAlert : Clock;
  return (
    <span
      className={late ? "inline-flex items-center gap-1 text-negative" : "inline-flex items-center gap-1"}
    >
      <Icon aria-hidden className="size-3.5 shrink-0" />
      {late ? "Overdue, due " : ""}
      <TimeAgo value={value} />
    </span>
  );
}
