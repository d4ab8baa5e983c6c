"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { useTRPC } from "@/components/kit/trpc";
import { NativeSelect } from "@/components/ui/select";
import { toast } from "@/components/ui/toast";
import { TEAM_ROLES, type TeamRole } from "@/server/core/actor";
import { ROLE_ALLOWS, TEAM_ROLE_OPTIONS, roleInWords } from "./team-role-options";
import { useSession } from "@/components/kit/use-can";

/** A member's role. Some browsers change a closed select by arrow keys, so nothing is saved before it was asked. */
export function MemberRole(props: {
  teamId: string;
  member: { userId: string; name: string; role: string };
  blocked: string | undefined;
}) {
  const { teamId, member, blocked } = props;
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const session = useSession();
  const [asked, setAsked] = useState<TeamRole | null>(null);
  const change = useMutation(trpc.identity.changeRole.mutationOptions({ meta: { handlesError: true } }));
  const isOwn = session.data?.me.id === member.userId;
  const isDemotion = member.role === "admin" && asked !== "admin";
  const save = async (role: TeamRole) => {
    await change.mutateAsync({ teamId, userId: member.userId, role });
    await Promise.all([
      queryClient.invalidateQueries({ queryKey: trpc.identity.members.queryKey() }),
      // One's own role decides what the pages offer.
      isOwn ? queryClient.invalidateQueries({ queryKey: trpc.identity.session.queryKey() }) : undefined,
    ]);
    toast.success(isOwn ? `You are ${roleInWords(role)} now` : `${member.name} is ${roleInWords(role)} now`);
  };
  return (
    <>
      <NativeSelect
        aria-label={`Role of ${member.name}`}
        className="w-72 max-sm:w-auto max-sm:min-w-0 max-sm:flex-1"
        disabled={blocked !== undefined}
        title={blocked}
        value={asked ?? member.role}
        onChange={(event) => setAsked(TEAM_ROLES.find((each) => each === event.target.value) ?? null)}
      >
        {TEAM_ROLE_OPTIONS.map((role) => (
          <option key={role.value} value={role.value}>
            {role.label}
          </option>
        ))}
      </NativeSelect>
      <ConfirmDialog
        open={asked !== null}
        onOpenChange={(open) => (open ? undefined : setAsked(null))}
        title={asked ? `Make ${isOwn ? "yourself" : member.name} ${roleInWords(asked)}?` : ""}
        consequence={
          asked ? (
            <>
              <p>{ROLE_ALLOWS[asked]} It holds at once.</p>
              {isOwn && isDemotion ? (
                <p className="mt-2 font-medium text-fg">
                  This is your own role: you stop being an admin of this team and cannot give the role back to
                  yourself as its admin. Someone else has to.
                </p>
              ) : null}
            </>
          ) : null
        }
        confirmLabel="Change role"
        tone={isDemotion ? "danger" : "primary"}
        onConfirm={() => (asked ? save(asked) : undefined)}
      />
    </>
  );
}
