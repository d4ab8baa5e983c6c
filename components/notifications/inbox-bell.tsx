"use client";
import { useQuery } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "@/components/kit/trpc";
import { buttonVariants } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { useLive } from "@/components/kit/use-live";
import { inboxTopic } from "@/server/notifications/kinds";

/** The way to the inbox with the number of unread notices, kept current. */
export function InboxBell({ userId }: { userId: string }) {
  const trpc = useTRPC();
  const unread = useQuery(trpc.notifications.unread.queryOptions()).data?.unread ?? 0;
  useLive([inboxTopic(userId)], [trpc.notifications.pathKey()]);
  return (
    <Link
      href="/inbox"
      aria-label={unread > 0 ? `Inbox, ${unread} unread` : "Inbox"}
      className={cn(buttonVariants({ variant: "ghost", size: "icon" }), "relative")}
    >
      <Inbox aria-hidden />
      {unread > 0 ? (
        <span
          aria-hidden
          className="absolute -top-0.5 -right-0.5 flex h-4 min-w-4 items-center justify-center rounded-full bg-accent px-1 text-[10px] leading-none font-semibold text-accent-fg tabular-nums"
        >
          {unread > 99 ? "99+" : unread}
        </span>
      ) : null}
    </Link>
  );
}
