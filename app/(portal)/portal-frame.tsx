"use client";
import type { ReactNode } from "react";
import { usePalette } from "@/components/catalog/use-palette";
import { toast } from "@/components/ui/toast";
import { Toaster } from "@/components/common/toaster";
import { onOwnWish } from "@/components/kit/access-loss";
import { AccessLost } from "@/components/identity/access-lost";
import { signOut } from "@/components/identity/auth-client";
import { InboxBell } from "@/components/notifications/inbox-bell";
import { AppShell } from "@/components/shell/app-shell";
import type { ShellSession } from "@/components/shell/types";
import { useTRPCClient } from "@/components/kit/trpc";

/** Gives the shell its callbacks: what it cannot know itself. */
export function PortalFrame(props: {
  session: ShellSession;
  defaultCollapsed: boolean;
  navIcons: Readonly<Record<string, ReactNode>>;
  children: ReactNode;
}) {
  const client = useTRPCClient();
  const { search, actions } = usePalette();
  const switchTeam = async (teamId: string) => {
    await onOwnWish(() => client.identity.switchTeam.mutate({ teamId }));
    // A fresh load: nothing that was fetched for the other team may stay on screen.
    window.location.assign("/");
  };
  return (
    <AppShell
      session={props.session}
      defaultCollapsed={props.defaultCollapsed}
      navIcons={props.navIcons}
      search={search}
      actions={actions}
      inboxSlot={<InboxBell userId={props.session.user.id} />}
      onSwitchTeam={(teamId) =>
        switchTeam(teamId).catch(() => toast.error("The team could not be switched. Try again."))
      }
      onSignOut={() => signOut().catch(() => toast.error("You could not be signed out. Try again."))}
    >
      {props.children}
      <AccessLost user={props.session.user} />
      <Toaster />
    </AppShell>
  );
}
