import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { NoTeamState } from "@/components/identity/no-team-state";
import { TrpcProvider } from "@/components/trpc";
import { namesOfPlatformAdmins, pageSession } from "@/server/api/page-session";
import { PortalFrame } from "./portal-frame";

export default async function PortalLayout({ children }: { children: ReactNode }) {
  const session = await pageSession();
  if (!session) redirect("/sign-in");
  const collapsed = (await cookies()).get("mw_sidebar")?.value === "collapsed";
  return (
    <TrpcProvider>
      <PortalFrame session={session} defaultCollapsed={collapsed}>
        {session.activeTeam || session.isPlatformAdmin ? (
          children
        ) : (
          <NoTeamState email={session.user.email} admins={await namesOfPlatformAdmins()} />
        )}
      </PortalFrame>
    </TrpcProvider>
  );
}
