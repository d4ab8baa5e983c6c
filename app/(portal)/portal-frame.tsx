"use client";
import type { ReactNode } from "react";
import { toast } from "sonner";
import { usePalette } from "@/components/catalog/use-palette";
import { InboxBell } from "@/components/notifications/inbox-bell";
import { AppShell } from "@/components/shell/app-shell";
import type { ShellSession } from "@/components/shell/types";
import { useTRPCClient } from "@/components/trpc";

async function leave(): Promise<void> {
  const { signOut } = await import("next-auth/react");
  await signOut({ callbackUrl: "/signed-out" });
}

/** Gives the shell its callbacks: what it cannot know itself. */
export function PortalFrame(props: {
  session: ShellSession;
  defaultCollapsed: boolean;
  children: ReactNode;
}) {
  const client = useTRPCClient();
  const { search, actions } = usePalette();
  const switchTeam = async (teamId: string) => {
    await client.identity.switchTeam.mutate({ teamId });
    // A fresh load: nothing that was fetched for the other team may stay on screen.
    window.location.assign("/");
  };
  return (
    <AppShell
      session={props.session}
      defaultCollapsed={props.defaultCollapsed}
      search={search}
      actions={actions}
      inboxSlot={<InboxBell userId={props.session.user.id} />}
      onSwitchTeam={(teamId) =>
        switchTeam(teamId).catch(() => void toast.error("The team could not be switched. Try again."))
      }
      onSignOut={() => void leave()}
    >
      {props.children}
    </AppShell>
  );
}
