"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";
import { Logo } from "./logo";
import { type NavItem, activeHref, visibleGroups } from "./nav";
import { TeamSwitcher } from "./team-switcher";
import type { AppShellProps } from "./types";
import { UserMenu } from "./user-menu";

export type SidebarProps = Pick<
  AppShellProps,
  "session" | "navIcons" | "onSwitchTeam" | "onSignOut" | "unreadCount"
> & {
  compact?: boolean;
  onNavigate?: () => void;
};

function Entry(props: {
  item: NavItem;
  icon: ReactNode;
  active: boolean;
  compact?: boolean;
  count?: number;
  onNavigate?: () => void;
}) {
  const { item, active, compact, count = 0 } = props;
  return (
    <li>
      <Link
        href={item.href}
        onClick={props.onNavigate}
        aria-current={active ? "page" : undefined}
        title={compact ? item.label : undefined}
        className={cn(
          "relative flex h-7 items-center gap-2 rounded-md px-2 text-fg-muted hover:bg-surface-hover hover:text-fg",
          active && "bg-surface-hover font-medium text-fg",
          compact && "h-8 justify-center px-0",
        )}
      >
        <span
          aria-hidden
          className={cn("shrink-0 [&>svg]:size-4", active ? "text-accent-text" : "text-fg-subtle")}
        >
          {props.icon}
        </span>
        <span className={compact ? "sr-only" : "min-w-0 flex-1 truncate"}>{item.label}</span>
        {count > 0 ? (
          <span
            data-numeric
            className={cn(
              "rounded-sm bg-accent px-1 text-xs leading-4 font-medium text-accent-fg",
              compact && "absolute -top-0.5 right-0.5 px-0.5 text-[0.625rem] leading-3",
            )}
          >
            {count > 99 ? "99+" : count}
            <span className="sr-only"> unread</span>
          </span>
        ) : null}
      </Link>
    </li>
  );
}

/** The sidebar's content: team, the stations of the line, the person. */
export function Sidebar({
  session,
  navIcons,
  compact,
  onSwitchTeam,
  onSignOut,
  unreadCount,
  onNavigate,
}: SidebarProps) {
  const pathname = usePathname();
  const active = activeHref(pathname);
  const groups = visibleGroups(session);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className={cn("flex h-12 shrink-0 items-center px-3", compact && "justify-center px-0")}>
        <Link
          href="/"
          onClick={onNavigate}
          aria-label="Modelworks, home"
          className="flex h-8 items-center gap-2 rounded-md px-1"
        >
          <Logo className="size-5.5" />
          {compact ? null : <span className="font-semibold tracking-tight">Modelworks</span>}
        </Link>
      </div>
      <div className="shrink-0 px-2">
        <TeamSwitcher session={session} compact={compact} onSwitchTeam={onSwitchTeam} />
      </div>
      <nav aria-label="Main" className="min-h-0 flex-1 overflow-y-auto px-2 py-2">
        {groups.map((group) => {
          const current = group.items.some((item) => item.href === active);
          return (
            <div key={group.label ?? "top"} className="relative mb-1.5">
              {group.label && !compact ? (
                <p
                  id={`nav-${group.label}`}
                  className="flex h-5 items-center gap-2 px-2 text-xs font-medium text-fg-subtle"
                >
                  <span
                    aria-hidden
                    className={cn(
                      "mx-1 size-1.5 rounded-full",
                      current ? "bg-accent" : "bg-border-strong/60",
                    )}
                  />
                  {group.label}
                </p>
              ) : null}
              {group.label && compact ? <div aria-hidden className="mx-2 mb-2 h-px bg-border" /> : null}
              <ul aria-label={group.label ?? "Start"} className="flex flex-col gap-px">
                {group.items.map((item) => (
                  <Entry
                    key={item.href}
                    item={item}
                    icon={navIcons[item.href]}
                    active={item.href === active}
                    compact={compact}
                    count={item.href === "/inbox" ? unreadCount : 0}
                    onNavigate={onNavigate}
                  />
                ))}
              </ul>
            </div>
          );
        })}
      </nav>
      <div className="shrink-0 border-t p-2">
        <UserMenu session={session} compact={compact} onSignOut={onSignOut} />
      </div>
    </div>
  );
}
