"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { EntityLink } from "@/components/common/entity-link";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { RowsSkeleton } from "@/components/common/skeletons";
import { TimeAgo } from "@/components/common/time-ago";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import { useLive } from "@/components/kit/use-live";
import type { CredentialRow } from "./types";
import { deploymentHref } from "@/server/serving/kinds";
import { credentialsTopic } from "@/server/registry/kinds";

const CredentialDialog = later(async () => (await import("./credential-dialog")).CredentialDialog);

const KINDS: Record<string, string> = {
  bearer: "Bearer token",
  basic: "User and password",
  header: "Header",
};

/** The team's credentials for external endpoints. Their secrets are written here and never shown again. */
export function CredentialSettings() {
  const trpc = useTRPC();
  const credentials = useQuery(trpc.registry.credentials.queryOptions());
  useLive([credentialsTopic], [trpc.registry.credentials.queryKey()]);
  const write = useCan("registry.credential.write");
  /** The one that is being replaced; null for a new one. */
  const [editing, setEditing] = useState<CredentialRow | null>();
  const newButton = (
    <DisabledReason reason={write.reason}>
      <Button variant="primary" onClick={() => setEditing(null)}>
        New credential
      </Button>
    </DisabledReason>
  );
  return (
    <>
      <PageHeader
        title="Endpoint credentials"
        breadcrumbs={[{ label: "Settings", href: "/settings" }, { label: "Endpoint credentials" }]}
        description="With which this team's external endpoints are asked. Stored encrypted, sent to the named hosts only, never shown again."
        actions={newButton}
      />
      {credentials.error ? (
        <ErrorNotice error={credentials.error} onRetry={() => void credentials.refetch()} />
      ) : null}
      {credentials.isPending ? <RowsSkeleton rows={3} /> : null}
      {credentials.data?.items.length === 0 ? (
        <EmptyState
          icon={KeyRound}
          title="No credentials yet"
          text="An endpoint that asks for none needs none. Otherwise a team admin stores one here, and versions name it."
          action={newButton}
        />
      ) : null}
      {credentials.data && credentials.data.items.length > 0 ? (
        <ul className="divide-y rounded-lg border bg-surface" aria-label="Endpoint credentials">
          {credentials.data.items.map((row) => (
            <CredentialLine key={row.name} row={row} onReplace={() => setEditing(row)} write={write} />
          ))}
        </ul>
      ) : null}
      <CredentialDialog
        key={editing?.name ?? "new"}
        open={editing !== undefined}
        onOpenChange={(open) => (open ? undefined : setEditing(undefined))}
        replaces={editing ?? null}
      />
    </>
  );
}

function CredentialLine({
  row,
  onReplace,
  write,
}: {
  row: CredentialRow;
  onReplace: () => void;
  write: ReturnType<typeof useCan>;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const remove = useMutation(
    trpc.registry.deleteCredential.mutationOptions({ meta: { handlesError: true } }),
  );
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <span className="font-mono">{row.name}</span>
          <Badge>{KINDS[row.kind] ?? row.kind}</Badge>
        </p>
        <p className="flex min-w-0 flex-wrap gap-x-3 text-sm text-fg-muted">
          <span className="min-w-0 break-words">for {row.hosts.join(", ")}</span>
          <span>
            stored <TimeAgo value={row.updatedAt} />
            {row.updatedBy ? ` by ${row.updatedBy}` : ""}
          </span>
        </p>
        {row.usedBy.length > 0 ? (
          <p className="flex flex-wrap items-center gap-x-3 text-sm text-fg-muted">
            Used by
            {row.usedBy.map((use) => (
              <EntityLink
                key={`${use.deployment} ${use.model} ${use.number}`}
                kind="deployment"
                href={deploymentHref(use.deployment)}
                label={`${use.deployment} (${use.model} v${use.number})`}
              />
            ))}
          </p>
        ) : null}
      </div>
      <DisabledReason reason={write.reason}>
        <Button size="sm" aria-label={`Replace ${row.name}`} onClick={onReplace}>
          Replace
        </Button>
      </DisabledReason>
      {write.allowed ? (
        <ConfirmDialog
          trigger={
            <Button size="sm" aria-label={`Delete ${row.name}`}>
              Delete
            </Button>
          }
          title={`Delete ${row.name}?`}
          consequence="Versions that name it are not served any more when a gateway loads them anew, and their gates fail when they run again."
          confirmLabel="Delete credential"
          tone="danger"
          onConfirm={async () => {
            await remove.mutateAsync({ name: row.name });
            await queryClient.invalidateQueries({ queryKey: trpc.registry.credentials.queryKey() });
          }}
        />
      ) : null}
    </li>
  );
}
