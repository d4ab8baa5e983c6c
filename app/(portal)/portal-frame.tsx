"use client";
import { signOut } from "next-auth/react";
import type { ReactNode } from "react";
import { AppShell } from "@/components/shell/app-shell";
import type { ShellSession } from "@/components/shell/types";

/** Gives the shell its callbacks: what it cannot know itself. */
export function PortalFrame(props: {
  session: ShellSession;
  defaultCollapsed: boolean;
  children: ReactNode;
}) {
  return (
    <AppShell
      session={props.session}
      defaultCollapsed={props.defaultCollapsed}
      onSignOut={() => void signOut({ callbackUrl: "/sign-in" })}
    >
      {props.children}
    </AppShell>
  );
}
