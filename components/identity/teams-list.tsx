"use client";
import { useQuery } from "@tanstack/react-query";
import { UsersRound } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { RowsSkeleton } from "@/components/common/skeletons";
import { TimeAgo } from "@/components/common/time-ago";
import { useTRPC } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import { useCan, useSession } from "@/components/kit/use-can";
import { teamHref } from "@/server/identity/kinds";

const CreateTeamDialog = later(async () => (await import("./create-team-dialog")).CreateTeamDialog);

interface Team {
  name: string;
  slug: string;
  myRole: string | null;
  memberCount: number;
  createdAt: Date;
}

const lineClasses = "flex flex-wrap items-center justify-between gap-3 px-4 py-3";

function TeamLine({ team, note }: { team: Team; note?: string }) {
  return (
    <>
      <span className="min-w-0">
        <span className="flex items-center gap-2 font-medium">
          {team.name} {team.myRole ? <Badge>{team.myRole}</Badge> : null}
        </span>
        <span className="font-mono text-sm text-fg-muted">{team.slug}</span>
        {note ? <span className="block text-sm text-fg-muted">{note}</span> : null}
      </span>
      <span className="text-sm text-fg-muted">
        {team.memberCount} {team.memberCount === 1 ? "member" : "members"}, made{" "}
        <TimeAgo value={team.createdAt} />
      </span>
    </>
  );
}

/** The teams one may see, and a new one for platform administrators. */
export function TeamsList() {
  const trpc = useTRPC();
  const teams = useQuery(trpc.identity.teams.queryOptions());
  const manage = useCan("identity.team.manage");
  const session = useSession();
  const [open, setOpen] = useState(false);
  // The server shows members of the active team, and of any team to a platform administrator.
  const mayOpen = (teamId: string) =>
    session.data?.me.isPlatformAdmin === true || session.data?.team?.id === teamId;
  const add = (
    <DisabledReason reason={manage.reason}>
      <Button variant="primary" onClick={() => setOpen(true)}>
        New team
      </Button>
    </DisabledReason>
  );
  return (
    <>
      <PageHeader
        title="Teams"
        description="Everything belongs to a team; nobody sees another team's work."
        actions={add}
      />
      {teams.error ? <ErrorNotice error={teams.error} onRetry={() => void teams.refetch()} /> : null}
      {teams.isPending ? <RowsSkeleton rows={4} /> : null}
      {teams.data?.items.length === 0 ? (
        <EmptyState
          icon={UsersRound}
          title="No teams yet"
          text="A team owns data, models and quota."
          action={add}
        />
      ) : null}
      {teams.data && teams.data.items.length > 0 ? (
        <ul className="divide-y rounded-lg border bg-surface" aria-label="Teams">
          {teams.data.items.map((team) => (
            <li key={team.id}>
              {mayOpen(team.id) ? (
                <Link
                  href={teamHref(team.id)}
                  data-inset-focus
                  className={`${lineClasses} hover:bg-surface-hover`}
                >
                  <TeamLine team={team} />
                </Link>
              ) : (
                <div className={lineClasses}>
                  <TeamLine
                    team={team}
                    note={session.data ? "Switch to this team to see its members" : undefined}
                  />
                </div>
              )}
            </li>
          ))}
        </ul>
      ) : null}
      <CreateTeamDialog open={open} onOpenChange={setOpen} />
    </>
  );
}
