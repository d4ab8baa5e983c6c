"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { EmptyState } from "@/components/common/empty-state";
import { PageHeader } from "@/components/common/page-header";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import type { PersonRow } from "@/server/identity/people-parts";
import { SecretOnce } from "./secret-once";

const CreatePersonDialog = later(async () => (await import("./create-person-dialog")).CreatePersonDialog);

const BulkEach = dynamic(
  () => import("@/components/data-table/bulk-each").then((module) => module.BulkEach),
  {
    ssr: false,
  },
);

type Row = PersonRow & { signIn: string; teams: string[] };
type MadeLink = { name: string; link: string };

const FACETS = [
  {
    id: "state",
    label: "State",
    options: [
      { value: "active", label: "Active" },
      { value: "disabled", label: "Disabled" },
    ],
  },
];

/** Everyone of the installation, for platform administrators. */
export function PeopleList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const state = useTableState({ facets: ["state"] });
  const chosen = state.facets.state ?? [];
  const only = chosen.length === 1 ? chosen[0] : undefined;
  const filter = {
    q: state.q || undefined,
    state: only === "active" || only === "disabled" ? only : undefined,
  } as const;
  const people = useQuery(
    trpc.identity.people.queryOptions(
      { ...filter, cursor: state.cursor },
      { placeholderData: keepPreviousData },
    ),
  );
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState<MadeLink>();
  const add = (
    <Button variant="primary" onClick={() => setOpen(true)}>
      <UserPlus aria-hidden /> Add person
    </Button>
  );
  return (
    <>
      <PageHeader title="People" description="Everyone who can sign in to this installation." actions={add} />
      {made ? (
        <div className="mb-4">
          <SecretOnce
            title={`Send this link to ${made.name}`}
            text="It lets them choose a password, once, within 24 hours. It will not be shown again."
            value={made.link}
            label="Copy link"
          />
        </div>
      ) : null}
      <DataTable<Row>
        caption="People of this installation"
        columns={columns(setMade)}
        rows={people.data?.items}
        getRowId={(row) => row.id}
        rowLabel={(row) => row.name}
        bulkActions={(selection) => (
          <BulkEach
            selection={selection}
            label="Disable"
            noun="account"
            done="disabled"
            tone="danger"
            consequence="Their sessions and API tokens stop working at once. What they made stays. They can be enabled again."
            run={(userId) => client.identity.disablePerson.mutate({ userId })}
            onDone={() => queryClient.invalidateQueries({ queryKey: trpc.identity.people.queryKey() })}
          />
        )}
        state={state}
        facets={FACETS}
        views="people"
        toolbar={
          <ListExport
            name="people"
            scope={state.filtered ? "The filtered people" : "Everyone"}
            load={(cursor) => client.identity.people.query({ ...filter, cursor, limit: 200 })}
          />
        }
        searchLabel="Search name or email"
        nextCursor={people.data?.nextCursor}
        refreshing={people.isPlaceholderData}
        error={people.error ?? undefined}
        onRetry={() => void people.refetch()}
        empty={
          <EmptyState
            icon={UserPlus}
            title="Nobody yet"
            text="Add the first person; they get a link to choose a password."
            action={add}
          />
        }
      />
      <CreatePersonDialog open={open} onOpenChange={setOpen} onMade={setMade} />
    </>
  );
}

function columns(onLink: (made: MadeLink) => void): Column<Row>[] {
  return [
    {
      id: "name",
      header: "Person",
      fixed: true,
      cell: (row) => (
        <span className="flex min-w-0 flex-col">
          <span className="flex flex-wrap items-center gap-2 font-medium">
            {row.name}
            {row.isPlatformAdmin ? <Badge tone="accent">Platform admin</Badge> : null}
            {row.isDemo ? <Badge>Demo</Badge> : null}
            {row.disabledAt ? <Badge tone="negative">Disabled</Badge> : null}
          </span>
          <span className="truncate text-sm text-fg-muted">{row.email}</span>
        </span>
      ),
    },
    {
      id: "teams",
      header: "Teams",
      from: "md",
      cell: (row) => row.teams.join(", ") || <span className="text-fg-subtle">none</span>,
    },
    { id: "signIn", header: "Signs in by", from: "lg", cell: (row) => row.signIn },
    {
      id: "seen",
      header: "Last sign-in",
      from: "md",
      cell: (row) =>
        row.lastSeenAt ? <TimeAgo value={row.lastSeenAt} /> : <span className="text-fg-subtle">never</span>,
    },
    {
      id: "actions",
      header: "Actions",
      align: "end",
      fixed: true,
      cell: (row) => <PersonActions person={row} onLink={onLink} />,
    },
  ];
}

function PersonActions({ person, onLink }: { person: Row; onLink: (made: MadeLink) => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const options = { meta: { handlesError: true } };
  const reset = useMutation(trpc.identity.resetPassword.mutationOptions(options));
  const disable = useMutation(trpc.identity.disablePerson.mutationOptions(options));
  const enable = useMutation(trpc.identity.enablePerson.mutationOptions(options));
  const reload = () => queryClient.invalidateQueries({ queryKey: trpc.identity.people.queryKey() });
  return (
    <span className="flex flex-wrap justify-end gap-2">
      {person.disabledAt ? null : (
        <ConfirmDialog
          trigger={
            <Button size="sm" aria-label={`Reset password of ${person.name}`}>
              Reset password
            </Button>
          }
          title={`Make a password link for ${person.name}?`}
          consequence="They choose a new password with it. Until then the old one works; then all their sessions end."
          confirmLabel="Make link"
          tone="primary"
          onConfirm={async () =>
            onLink({ name: person.name, link: (await reset.mutateAsync({ userId: person.id })).link })
          }
        />
      )}
      <ConfirmDialog
        trigger={
          <Button size="sm" aria-label={`${person.disabledAt ? "Enable" : "Disable"} ${person.name}`}>
            {person.disabledAt ? "Enable" : "Disable"}
          </Button>
        }
        title={`${person.disabledAt ? "Enable" : "Disable"} ${person.name}?`}
        consequence={
          person.disabledAt
            ? "They can sign in again, with the roles they had."
            : "Their sessions and API tokens stop working at once. What they made stays."
        }
        confirmLabel={person.disabledAt ? "Enable person" : "Disable person"}
        tone={person.disabledAt ? "primary" : "danger"}
        onConfirm={async () => {
          await (person.disabledAt ? enable : disable).mutateAsync({ userId: person.id });
          await reload();
        }}
      />
    </span>
  );
}
