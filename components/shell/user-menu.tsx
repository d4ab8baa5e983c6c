"use client";
import { BookOpen, KeyRound, LogOut, PlugZap, Settings } from "lucide-react";
import { Avatar } from "@/components/ui/avatar";
import { cn } from "@/components/ui/cn";
import { MenuButton } from "@/components/ui/menu-button";
import type { MenuEntry } from "@/components/ui/menu-entries";
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
  const entries: MenuEntry[] = [
    { type: "text", text: session.user.email },
    { type: "separator" },
    {
      type: "link",
      href: "/settings",
      label: (
        <>
          <Settings aria-hidden /> Settings
        </>
      ),
    },
    {
      type: "link",
      href: "/settings/tokens",
      label: (
        <>
          <KeyRound aria-hidden /> API tokens
        </>
      ),
    },
    {
      type: "link",
      href: "/settings/endpoint-credentials",
      label: (
        <>
          <PlugZap aria-hidden /> Endpoint credentials
        </>
      ),
    },
    {
      type: "link",
      href: "/docs/api",
      label: (
        <>
          <BookOpen aria-hidden /> API reference
        </>
      ),
    },
    { type: "separator" },
    {
      type: "item",
      onSelect: () => void onSignOut?.(),
      label: (
        <>
          <LogOut aria-hidden /> Sign out
        </>
      ),
    },
  ];
  return (
    <MenuButton side="top" className="w-60" entries={entries}>
      <button
        type="button"
        aria-label={`Account: ${session.user.name}, ${role}`}
        className={cn(
          "flex h-11 w-full min-w-0 items-center gap-2 rounded-md px-1.5 text-left hover:bg-surface-hover",
          compact && "justify-center px-0",
        )}
      >
        <Avatar name={session.user.name} className="size-7 text-xs" />
        {compact ? null : (
          <span className="min-w-0 flex-1">
            <span className="block truncate leading-4 font-medium">{session.user.name}</span>{" "}
            <span className="block truncate text-xs text-fg-subtle first-letter:uppercase">{role}</span>
          </span>
        )}
      </button>
    </MenuButton>
  );
}
