"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { readError } from "@/components/kit/error-shape";
import { ErrorNotice } from "@/components/common/error-notice";
import { NotFoundState } from "@/components/common/not-found-state";
import { PageHeader } from "@/components/common/page-header";
import { DetailSkeleton } from "@/components/common/skeletons";
import { useTRPC } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import { MemberRole } from "./member-role";
import { useCan } from "@/components/kit/use-can";

const AddMemberDialog = later(async () => (await import("./add-member-dialog")).AddMemberDialog);

interface Member {
  userId: string;
  name: string;
  email: string;
  role: string;
  disabledAt: Date | null;
}

/** The members of one team and their roles. */
export function TeamMembers({ teamId }: { teamId: string }) {
  const trpc = useTRPC();
  const members = useQuery(trpc.identity.members.queryOptions({ teamId }));
  const manage = useCan("identity.member.manage");
  const [open, setOpen] = useState(false);
  if (members.error && readError(members.error).code === "not_found") return <NotFoundState />;
  if (members.error && !members.data)
    return <ErrorNotice error={members.error} onRetry={() => void members.refetch()} />;
  if (!members.data) return <DetailSkeleton />;
  const { team, items } = members.data;
  const add = (
    <DisabledReason reason={manage.reason}>
      <Button variant="primary" onClick={() => setOpen(true)}>
        <UserPlus aria-hidden /> Add member
      </Button>
    </DisabledReason>
  );
  return (
    <>
      <PageHeader
        title={team.name}
        breadcrumbs={[{ label: "Teams", href: "/admin/teams" }, { label: team.name }]}
        meta={<span className="font-mono">{team.slug}</span>}
        actions={add}
      />
      {items.length === 0 ? (
        <EmptyState
          icon={UserPlus}
          title="No members yet"
          text="Add someone as admin first; they can add the others."
          action={add}
        />
      ) : (
        <ul className="divide-y rounded-lg border bg-surface" aria-label={`Members of ${team.name}`}>
          {items.map((member) => (
            <MemberLine key={member.userId} teamId={team.id} member={member} blocked={manage.reason} />
          ))}
        </ul>
      )}
      <AddMemberDialog open={open} onOpenChange={setOpen} teamId={team.id} />
    </>
  );
}

function MemberLine({
  teamId,
  member,
  blocked,
}: {
  teamId: string;
  member: Member;
  blocked: string | undefined;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const reload = () => queryClient.invalidateQueries({ queryKey: trpc.identity.members.queryKey() });
  const remove = useMutation(trpc.identity.removeMember.mutationOptions({ meta: { handlesError: true } }));
  const removeButton = (
    <Button size="sm" aria-label={`Remove ${member.name}`}>
      Remove
    </Button>
  );
  return (
    <li className="flex flex-wrap items-center gap-3 px-4 py-3">
      <div className="min-w-0 flex-1 max-sm:basis-full">
        <p className="flex items-center gap-2 font-medium">
          {member.name} {member.disabledAt ? <Badge tone="negative">Disabled</Badge> : null}
        </p>
        <p className="truncate text-sm text-fg-muted">{member.email}</p>
      </div>
      <MemberRole teamId={teamId} member={member} blocked={blocked} />
      {blocked ? (
        <DisabledReason reason={blocked}>{removeButton}</DisabledReason>
      ) : (
        <ConfirmDialog
          trigger={removeButton}
          title={`Remove ${member.name} from the team?`}
          consequence="They lose sight of the team's work at once, and their API tokens of this team end. What they made stays."
          confirmLabel="Remove member"
          tone="danger"
          onConfirm={async () => {
            await remove.mutateAsync({ teamId, userId: member.userId });
            await reload();
          }}
        />
      )}
    </li>
  );
}
