"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useQueryState } from "nuqs";
import { useState } from "react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { CopySnippet } from "@/components/common/copy-snippet";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { TimeAgo } from "@/components/common/time-ago";
import { useNow } from "@/components/common/use-now";
import { useTRPC } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import { SecretOnce } from "./secret-once";
import { useCan } from "@/components/kit/use-can";

const CreateTokenDialog = later(async () => (await import("./create-token-dialog")).CreateTokenDialog);

const snippetsOf = (url: string) => [
  {
    label: "Shell",
    code: `export MLFLOW_TRACKING_URI=${url}\nexport MLFLOW_TRACKING_TOKEN=<your token>\npython train.py`,
  },
  {
    label: "Python",
    code: `import os, mlflow\n\nos.environ["MLFLOW_TRACKING_TOKEN"] = "<your token>"\nmlflow.set_tracking_uri("${url}")`,
  },
  { label: "curl", code: `curl -H "Authorization: Bearer <your token>" ${url}/api/v1/session` },
];

/** The person's API tokens, a new one, and how programs use them. */
export function TokenSettings({ portalUrl }: { portalUrl: string }) {
  const trpc = useTRPC();
  const tokens = useQuery(trpc.identity.tokens.queryOptions());
  const create = useCan("identity.token.create");
  const [asked, setAsked] = useQueryState("new");
  const [open, setOpen] = [asked !== null, (next: boolean) => void setAsked(next ? "" : null)];
  const [made, setMade] = useState<{ name: string; token: string }>();
  const newButton = (
    <DisabledReason reason={create.reason}>
      <Button variant="primary" onClick={() => setOpen(true)}>
        New token
      </Button>
    </DisabledReason>
  );
  return (
    <>
      <PageHeader
        title="API tokens"
        breadcrumbs={[{ label: "Settings", href: "/settings" }, { label: "API tokens" }]}
        description="For scripts, CI and MLflow clients. A token acts as you in this team, within its scopes, until it expires."
        actions={newButton}
      />
      <div className="flex flex-col gap-6">
        {made ? (
          <SecretOnce
            title={`Token ${made.name} is ready`}
            text="Copy it now: it is not stored and will not be shown again."
            value={made.token}
            label="Copy token"
          />
        ) : null}
        {tokens.error ? <ErrorNotice error={tokens.error} onRetry={() => void tokens.refetch()} /> : null}
        {tokens.isPending ? <RowsSkeleton rows={3} /> : null}
        {tokens.data?.items.length === 0 ? (
          <EmptyState
            icon={KeyRound}
            title="No tokens yet"
            text="Make one for each program, so that you can end one without the others."
            action={newButton}
          />
        ) : null}
        {tokens.data && tokens.data.items.length > 0 ? (
          <ul className="divide-y rounded-lg border bg-surface" aria-label="API tokens">
            {tokens.data.items.map((token) => (
              <TokenLine key={token.id} token={token} />
            ))}
          </ul>
        ) : null}
        <Section title="Use it">
          <CopySnippet snippets={snippetsOf(portalUrl)} />
        </Section>
      </div>
      <CreateTokenDialog open={open} onOpenChange={setOpen} onMade={setMade} />
    </>
  );
}

interface Token {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  ownerName: string;
  expiresAt: Date;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

function TokenLine({ token }: { token: Token }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const now = useNow();
  const revoke = useMutation(trpc.identity.revokeToken.mutationOptions({ meta: { handlesError: true } }));
  const expired = now > 0 && token.expiresAt.getTime() <= now;
  const ended = token.revokedAt !== null || expired;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {token.name}
          {token.scopes.map((scope) => (
            <Badge key={scope}>{scope}</Badge>
          ))}
          {token.revokedAt ? (
            <Badge tone="negative">Revoked</Badge>
          ) : expired ? (
            <Badge tone="warning">Expired</Badge>
          ) : null}
        </p>
        <p className="flex flex-wrap gap-x-3 text-sm text-fg-muted">
          <span className="font-mono">
            {token.prefix.startsWith("mw_") ? `${token.prefix}…` : "set by the operator"}
          </span>
          <span>{token.ownerName}</span>
          <span>
            {token.lastUsedAt ? (
              <>
                used <TimeAgo value={token.lastUsedAt} />
              </>
            ) : (
              "never used"
            )}
          </span>
          <span>
            {expired ? "expired" : "expires"} <TimeAgo value={token.expiresAt} />
          </span>
        </p>
      </div>
      {ended ? null : (
        <ConfirmDialog
          trigger={
            <Button size="sm" aria-label={`Revoke ${token.name}`}>
              Revoke
            </Button>
          }
          title={`Revoke ${token.name}?`}
          consequence="Programs that use it are refused from their next request. This cannot be undone."
          confirmLabel="Revoke token"
          tone="danger"
          onConfirm={async () => {
            await revoke.mutateAsync({ tokenId: token.id });
            await queryClient.invalidateQueries({ queryKey: trpc.identity.tokens.queryKey() });
          }}
        />
      )}
    </li>
  );
}
