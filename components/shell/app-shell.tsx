"use client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { cn } from "@/components/ui/cn";
import { later } from "@/components/ui/later";
import { visibleGroups } from "./nav";
import { forgetRecents, useRecents } from "./recents";
import { type Shortcut, useShortcutListener, useShortcuts } from "@/components/common/shortcuts";
import { Sidebar } from "./sidebar";
import { TopBar } from "./top-bar";
import type { AppShellProps } from "./types";

const CommandPalette = later(async () => (await import("./command-palette")).CommandPalette);
const ShortcutsSheet = later(async () => (await import("./shortcuts-sheet")).ShortcutsSheet);
const MobileNav = later(async () => (await import("./mobile-nav")).MobileNav);

function rememberCollapsed(collapsed: boolean): void {
  document.cookie = `mw_sidebar=${collapsed ? "collapsed" : "open"}; path=/; max-age=31536000; samesite=lax`;
}

/** The frame of every signed-in page: skip link, sidebar, top bar, main. Fetches nothing; takes everything by props. */
export function AppShell(props: AppShellProps) {
  const { session, children, banner } = props;
  const router = useRouter();
  const [collapsed, setCollapsed] = useState(props.defaultCollapsed ?? false);
  const [menu, setMenu] = useState(false);
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const toggleSidebar = () => {
    rememberCollapsed(!collapsed);
    setCollapsed(!collapsed);
  };
  const places: Shortcut[] = visibleGroups(session)
    .flatMap((group) => group.items)
    .flatMap((item) =>
      item.key
        ? [{ keys: `g ${item.key}`, label: item.label, group: "Go to", run: () => router.push(item.href) }]
        : [],
    );
  useRecents(session.activeTeam?.id);
  const signOut = () => {
    forgetRecents();
    return props.onSignOut?.();
  };
  useShortcutListener();
  useShortcuts([
    {
      keys: "mod+k",
      label: "Search and commands",
      group: "Everywhere",
      run: () => setPalette(!palette),
    },
    { keys: "?", label: "This sheet", group: "Everywhere", run: () => setHelp(true) },
    { keys: "[", label: "Collapse or expand the sidebar", group: "Everywhere", run: toggleSidebar },
    ...places,
  ]);
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-accent-fg focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <aside
        data-shell-chrome
        aria-label="Sidebar"
        className={cn(
          "sticky top-0 hidden h-dvh shrink-0 border-r bg-surface-sunken md:block",
          collapsed ? "w-14" : "w-58",
        )}
      >
        <Sidebar {...props} onSignOut={signOut} compact={collapsed} />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar
          collapsed={collapsed}
          onToggleSidebar={toggleSidebar}
          onOpenMenu={() => setMenu(true)}
          onOpenPalette={() => setPalette(true)}
          onOpenHelp={() => setHelp(true)}
          unreadCount={props.unreadCount}
          inboxSlot={props.inboxSlot}
        />
        {banner}
        <main
          id="main"
          tabIndex={-1}
          className="mx-auto w-full max-w-360 min-w-0 flex-1 px-3 py-4 outline-none sm:px-6 sm:py-5"
        >
          {children}
        </main>
      </div>
      <MobileNav {...props} onSignOut={signOut} open={menu} onOpenChange={setMenu} />
      <CommandPalette
        open={palette}
        onOpenChange={setPalette}
        session={session}
        actions={props.actions}
        search={props.search}
      />
      <ShortcutsSheet open={help} onOpenChange={setHelp} />
    </div>
  );
}
