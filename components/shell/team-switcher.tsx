"use client";
import { Check, ChevronsUpDown } from "lucide-react";
import { Avatar } from "@/components/ui/avatar";
import { cn } from "@/components/ui/cn";
import { MenuButton } from "@/components/ui/menu-button";
import type { MenuEntry } from "@/components/ui/menu-entries";
import type { ShellSession } from "./types";

export type TeamSwitcherProps = {
  session: ShellSession;
  compact?: boolean;
  onSwitchTeam?: (teamId: string) => void | Promise<void>;
};

/** The active team and the way to another. */
export function TeamSwitcher({ session, compact, onSwitchTeam }: TeamSwitcherProps) {
  const name = session.activeTeam?.name ?? "No team";
  const entries: MenuEntry[] = [
    { type: "label", text: "Your teams" },
    ...session.teams.map((team): MenuEntry => ({
      type: "item",
      onSelect: () => void onSwitchTeam?.(team.id),
      label: (
        <>
          <Avatar name={team.name} square className="size-5" />
          <span className="min-w-0 flex-1 truncate">{team.name}</span>
          {team.role ? (
            <span className="text-xs text-fg-subtle">{team.role.replaceAll("_", " ")}</span>
          ) : null}
          {team.id === session.activeTeam?.id ? (
            <Check aria-label="active" className="text-accent-text!" />
          ) : null}
        </>
      ),
    })),
  ];
  if (session.teams.length === 0)
    entries.push({ type: "text", text: "You are in no team yet. Ask an administrator to add you." });
  return (
    <MenuButton className="w-60" entries={entries}>
      <button
        type="button"
        aria-label={`Team: ${name}. Switch team`}
        className={cn(
          "flex h-9 w-full min-w-0 items-center gap-2 rounded-md px-1.5 text-left hover:bg-surface-hover",
          compact && "justify-center px-0",
        )}
      >
        <Avatar name={name} square />
        {compact ? null : (
          <>
            <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
            <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-fg-subtle" />
          </>
        )}
      </button>
    </MenuButton>
  );
}
