"use client";
import { BookOpen, KeyRound, LogOut, Settings } from "lucide-react";
import Link from "next/link";
import { Avatar } from "@/components/ui/avatar";
import { cn } from "@/components/ui/cn";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import type { ShellSession } from "./types";

/** Who is signed in, their settings, and the way out. */
export function UserMenu({
  session,
  compact,
  onSignOut,
}: {
  session: ShellSession;
  compact?: boolean;
  onSignOut?: () => void | Promise<void>;
}) {
  const role = session.isPlatformAdmin ? "Platform admin" : session.role.replaceAll("_", " ");
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <button
          type="button"
          aria-label={`Account: ${session.user.name}`}
          className={cn(
            "flex h-11 w-full min-w-0 items-center gap-2 rounded-md px-1.5 text-left hover:bg-surface-hover",
            compact && "justify-center px-0",
          )}
        >
          <Avatar name={session.user.name} className="size-7 text-xs" />
          {compact ? null : (
            <span className="min-w-0 flex-1">
              <span className="block truncate leading-4 font-medium">{session.user.name}</span>
              <span className="block truncate text-xs text-fg-subtle first-letter:uppercase">{role}</span>
            </span>
          )}
        </button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" side="top" className="w-60">
        <p className="truncate px-2 py-1 text-sm text-fg-muted">{session.user.email}</p>
        <DropdownMenuSeparator />
        <DropdownMenuItem asChild>
          <Link href="/settings">
            <Settings aria-hidden /> Settings
          </Link>
        </DropdownMenuItem>
        <DropdownMenuItem asChild>
          <Link href="/settings/tokens">
            <KeyRound aria-hidden /> API tokens
          </Link>
        </DropdownMenuItem>
        <DropdownMenuItem asChild>
          <Link href="/docs/api">
            <BookOpen aria-hidden /> API reference
          </Link>
        </DropdownMenuItem>
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={() => void onSignOut?.()}>
          <LogOut aria-hidden /> Sign out
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
