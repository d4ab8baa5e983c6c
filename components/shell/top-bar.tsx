"use client";
import { CircleHelp, Inbox, Menu, PanelLeft, Search } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { Button, buttonVariants } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Kbd } from "@/components/ui/kbd";
import { ThemeToggle } from "./theme-toggle";

export type TopBarProps = {
  collapsed: boolean;
  onToggleSidebar: () => void;
  onOpenMenu: () => void;
  onOpenPalette: () => void;
  onOpenHelp: () => void;
  unreadCount?: number;
  inboxSlot?: ReactNode;
};

/** The bar above every page: menu, search, inbox, help, theme. */
export function TopBar(props: TopBarProps) {
  const unread = props.unreadCount ?? 0;
  return (
    <header
      data-shell-chrome
      className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b bg-background px-3 sm:px-4"
    >
      <Button
        variant="ghost"
        size="icon"
        className="md:hidden"
        aria-label="Open navigation"
        onClick={props.onOpenMenu}
      >
        <Menu aria-hidden />
      </Button>
      <Button
        variant="ghost"
        size="icon"
        className="hidden md:inline-flex"
        aria-label={props.collapsed ? "Expand sidebar" : "Collapse sidebar"}
        aria-expanded={!props.collapsed}
        onClick={props.onToggleSidebar}
      >
        <PanelLeft aria-hidden />
      </Button>
      <button
        type="button"
        onClick={props.onOpenPalette}
        aria-keyshortcuts="Meta+K Control+K"
        className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md border bg-surface px-2.5 text-left text-fg-subtle hover:border-border-strong sm:max-w-80"
      >
        <Search aria-hidden className="size-4 shrink-0" />
        <span className="min-w-0 flex-1 truncate">Search or jump to…</span>
        <span aria-hidden className="hidden gap-1 sm:flex">
          <Kbd>⌘</Kbd>
          <Kbd>K</Kbd>
        </span>
      </button>
      <div className="ml-auto flex items-center gap-1">
        {props.inboxSlot ?? (
          <Link
            href="/inbox"
            aria-label={unread > 0 ? `Inbox, ${unread} unread` : "Inbox"}
            className={cn(buttonVariants({ variant: "ghost", size: "icon" }), "relative")}
          >
            <Inbox aria-hidden />
            {unread > 0 ? (
              <span
                aria-hidden
                className="absolute top-1 right-1 size-2 rounded-full bg-accent ring-2 ring-background"
              />
            ) : null}
          </Link>
        )}
        <Button
          variant="ghost"
          size="icon"
          aria-label="Help and keyboard shortcuts"
          onClick={props.onOpenHelp}
        >
          <CircleHelp aria-hidden />
        </Button>
        <ThemeToggle />
      </div>
    </header>
  );
}
