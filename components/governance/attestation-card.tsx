"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Download, ShieldCheck } from "lucide-react";
import { CopySnippet } from "@/components/common/copy-snippet";
import { DigestChip } from "@/components/common/digest-chip";
import { ErrorNotice } from "@/components/common/error-notice";
import { JsonView } from "@/components/common/json-view";
import { KeyValue } from "@/components/common/key-value";
import { DetailSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { KeyStatusBadge } from "./signing-keys";
import type { AttestationView } from "@/server/governance/attestations/read-attestations";

const LABELS: Record<string, string> = { review: "Decision of a reviewer", promotion: "Promotion" };

/** A decision shows as the state it led to. */
export const DECIDED: Record<string, string> = {
  approve: "approved",
  request_changes: "changes_requested",
  reject: "rejected",
};

const DOWNLOADS: readonly { file: string; label: string; title?: string }[] = [
  { file: "bundle", label: "Sigstore bundle" },
  {
    file: "signature-bundle",
    label: "Signature alone",
    title: "A bundle without its log entry, for verifiers that do not know ours, such as @sigstore/verify 3",
  },
  { file: "envelope", label: "DSSE envelope" },
  { file: "proof", label: "Inclusion proof" },
];

/** Hashes from the leaf up to the root, as an auditor reads them. */
function InclusionPath({ inclusion }: { inclusion: AttestationView["inclusion"] }) {
  return (
    <details>
      <summary className="min-h-6 cursor-pointer text-sm text-accent-text">
        Audit path of {inclusion.proof.length} {inclusion.proof.length === 1 ? "hash" : "hashes"}
      </summary>
      <ol className="mt-1 flex flex-col gap-0.5 font-mono text-xs break-all text-fg-muted">
        {inclusion.proof.map((hash) => (
          <li key={hash}>{hash}</li>
        ))}
      </ol>
      <pre className="mt-2 overflow-x-auto rounded-md border bg-surface-sunken p-2 font-mono text-xs">
        {inclusion.checkpoint}
      </pre>
    </details>
  );
}

function Verify({ attestationId }: { attestationId: string }) {
  const client = useTRPCClient();
  const verify = useMutation({
    mutationFn: () => client.governance.verifyAttestation.query({ attestationId }),
    meta: { handlesError: true },
  });
  return (
    <div className="flex flex-col items-start gap-2">
      <Button pending={verify.isPending} pendingLabel="Verifying…" onClick={() => verify.mutate()}>
        <ShieldCheck aria-hidden /> Verify now
      </Button>
      {verify.error ? <ErrorNotice error={verify.error} onRetry={() => verify.mutate()} /> : null}
      {verify.data ? (
        <output className="block w-full">
          <Callout
            tone={verify.data.ok ? "positive" : "negative"}
            title={verify.data.ok ? "Everything holds" : "This does not hold"}
          >
            <ul>
              {verify.data.checks.map((check) => (
                <li key={check.name} className="break-all">
                  {check.name}: {check.ok ? "holds" : "does not hold"}, {check.detail}
                </li>
              ))}
            </ul>
          </Callout>
        </output>
      ) : null}
    </div>
  );
}

function Facts({ data }: { data: AttestationView }) {
  return (
    <KeyValue
      items={[
        { label: "About", value: <DigestChip digest={data.subjectDigest} label="subject digest" /> },
        {
          label: "Subject",
          value: (
            <span className="break-all">
              {data.statement.subject[0]?.name ?? data.subjectKind}{" "}
              <span className="font-mono text-sm text-fg-muted">{data.subjectId}</span>
            </span>
          ),
        },
        {
          label: "Predicate",
          value: <span className="font-mono text-sm break-all">{data.predicateType}</span>,
        },
        { label: "Signed", value: <TimeAgo value={data.createdAt} /> },
        {
          label: "Key",
          value: (
            <span className="flex flex-wrap items-center gap-2">
              <DigestChip digest={data.keyId} label="key id" />
              <KeyStatusBadge status={data.key.status} />
            </span>
          ),
        },
        { label: "Log entry", value: `${data.inclusion.index} of ${data.inclusion.size}` },
        { label: "Root", value: <DigestChip digest={data.inclusion.rootHash} label="root hash" /> },
      ]}
    />
  );
}

/** One attestation: what it says, where it is in the log, how to take it away, and how to verify it without us. */
export function AttestationCard({ attestationId }: { attestationId: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.governance.attestation.queryOptions({ attestationId }));
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <DetailSkeleton />;
  return (
    <Card>
      <CardHeader>
        <div className="flex flex-wrap items-center gap-2">
          <CardTitle>{LABELS[data.label] ?? `Policy ${data.label}`}</CardTitle>
          <StatusBadge status={DECIDED[data.result] ?? data.result} />
        </div>
        <div className="flex flex-wrap gap-2">
          {DOWNLOADS.map(({ file, label, title }) => (
            <Button key={file} size="sm" asChild>
              <a href={`/api/v1/attestations/${data.id}/${file}`} title={title} download>
                <Download aria-hidden /> {label}
              </a>
            </Button>
          ))}
        </div>
      </CardHeader>
      <CardContent className="grid gap-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-3">
          <Facts data={data} />
          <InclusionPath inclusion={data.inclusion} />
          <Verify attestationId={data.id} />
        </div>
        <div className="flex min-w-0 flex-col gap-2">
          <p className="text-sm text-fg-muted">
            Save the bundle, then run this beside it. It needs nothing of ours but the public keys.
          </p>
          <CopySnippet
            title="Verify outside"
            snippets={[
              { label: "openssl", code: data.commands.openssl, language: "bash" },
              { label: "cosign", code: data.commands.cosign, language: "bash" },
            ]}
          />
        </div>
        <div className="min-w-0 lg:col-span-2">
          <h3 className="mb-1 text-sm font-medium">Statement</h3>
          <JsonView value={data.statement} />
        </div>
      </CardContent>
    </Card>
  );
}
