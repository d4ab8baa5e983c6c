import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { OriginProvider } from "@/components/common/use-origin";
import { NoTeamState } from "@/components/identity/no-team-state";
import { NAV_ICONS } from "@/components/shell/nav-icons";
import { TrpcProvider } from "@/components/kit/trpc";
import { env } from "@/server/core/env";
import { HydrateSession } from "@/server/house/hydrate";
import { namesOfPlatformAdmins, pageSession } from "@/server/house/page-session";
import { PortalFrame } from "./portal-frame";

const navIcons = Object.fromEntries(
  Object.entries(NAV_ICONS).map(([href, Icon]) => [href, <Icon key={href} />]),
);

export default async function PortalLayout({ children }: { children: ReactNode }) {
  const session = await pageSession();
  if (!session) redirect("/sign-in");
  const collapsed = (await cookies()).get("mw_sidebar")?.value === "collapsed";
  return (
    <TrpcProvider>
      <HydrateSession>
        <NuqsAdapter>
          <OriginProvider origin={env().portalUrl.replace(/\/+$/u, "")}>
            <PortalFrame session={session} defaultCollapsed={collapsed} navIcons={navIcons}>
              {session.activeTeam || session.isPlatformAdmin ? (
                children
              ) : (
                <NoTeamState email={session.user.email} admins={await namesOfPlatformAdmins()} />
              )}
            </PortalFrame>
          </OriginProvider>
        </NuqsAdapter>
      </HydrateSession>
    </TrpcProvider>
  );
}
