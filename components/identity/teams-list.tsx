"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UsersRound } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { RowsSkeleton } from "@/components/common/skeletons";
import { TimeAgo } from "@/components/common/time-ago";
import { TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { FormDialog } from "./form-dialog";
import { useCan } from "./use-can";

/** The teams one may see, and a new one for platform administrators. */
export function TeamsList() {
  const trpc = useTRPC();
  const teams = useQuery(trpc.identity.teams.queryOptions());
  const manage = useCan("identity.team.manage");
  const [open, setOpen] = useState(false);
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
              <Link
                href={`/admin/teams/${team.id}`}
                data-inset-focus
                className="flex flex-wrap items-center justify-between gap-3 px-4 py-3 hover:bg-surface-hover"
              >
                <span className="min-w-0">
                  <span className="flex items-center gap-2 font-medium">
                    {team.name} {team.myRole ? <Badge>{team.myRole}</Badge> : null}
                  </span>
                  <span className="font-mono text-sm text-fg-muted">{team.slug}</span>
                </span>
                <span className="text-sm text-fg-muted">
                  {team.memberCount} {team.memberCount === 1 ? "member" : "members"}, made{" "}
                  <TimeAgo value={team.createdAt} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
      <CreateTeamDialog open={open} onOpenChange={setOpen} />
    </>
  );
}

function CreateTeamDialog(props: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const queryClient = useQueryClient();
  const create = useMutation(trpc.identity.createTeam.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm({
    resolver: lazyResolver(async () => (await import("@/server/identity/schemas")).CreateTeamInput),
    defaultValues: { name: "", slug: "" },
  });
  const submit = form.handleSubmit(async (values) => {
    try {
      const team = await create.mutateAsync(values);
      await queryClient.invalidateQueries({ queryKey: trpc.identity.teams.queryKey() });
      router.push(`/admin/teams/${team.id}`);
    } catch (error) {
      applyServerError(error, form.setError, ["name", "slug"]);
    }
  });
  return (
    <FormDialog
      {...props}
      title="New team"
      description="It starts with 4 CPU cores and 8 GiB of memory; more on request."
      submitLabel="Make team"
      pending={form.formState.isSubmitting}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary control={form.control} labels={{ name: "Name", slug: "Short name" }} />
      <TextField control={form.control} name="name" label="Name" autoComplete="off" />
      <TextField
        control={form.control}
        name="slug"
        label="Short name"
        mono
        autoComplete="off"
        spellCheck={false}
        hint="For addresses and scripts, such as risk-models. It stays."
      />
    </FormDialog>
  );
}
