import type { ReactNode } from "react";

export type ShellTeam = { id: string; name: string; role?: string };

/** Who is signed in and for which team; everything the frame of the portal shows of it. */
export type ShellSession = {
  user: { id: string; name: string; email: string };
  teams: readonly ShellTeam[];
  activeTeam: ShellTeam | null;
  role: string;
  isPlatformAdmin: boolean;
};

/** One line in the palette. */
export type PaletteItem = {
  id: string;
  /** The kind of entity ("dataset", "run", …) or "action". */
  kind: string;
  label: string;
  detail?: string;
  status?: string;
  owner?: string;
  href?: string;
  run?: () => void;
};

export type PaletteSearch = (query: string, signal: AbortSignal) => Promise<readonly PaletteItem[]>;

export type AppShellProps = {
  session: ShellSession;
  children: ReactNode;
  /** The sidebar's icons by address, drawn by the server. */
  navIcons: Readonly<Record<string, ReactNode>>;
  /** Unread messages; drawn on the bell and in the sidebar. */
  unreadCount?: number;
  /** Replaces the plain link to the inbox with a live one. */
  inboxSlot?: ReactNode;
  /** A notice above every page: impersonation, outage, read-only mode. */
  banner?: ReactNode;
  /** From the cookie `mw_sidebar`, so that the first paint is right. */
  defaultCollapsed?: boolean;
  search?: PaletteSearch;
  actions?: readonly PaletteItem[];
  onSwitchTeam?: (teamId: string) => void | Promise<void>;
  onSignOut?: () => void | Promise<void>;
};
