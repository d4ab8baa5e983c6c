"use client";
import { ChevronRight, RotateCcw } from "lucide-react";
import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { toast } from "sonner";
import { DigestChip } from "@/components/common/digest-chip";
import { DisabledReason } from "@/components/common/disabled-reason";
import { JsonView } from "@/components/common/json-view";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useCan } from "@/components/identity/use-can";
import { useTRPC } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import type { VersionDetail } from "./types";

type Verdict = NonNullable<VersionDetail["gates"]>["verdicts"][number];

function VerdictRow({ verdict }: { verdict: Verdict }) {
  return (
    <details className="group border-b last:border-0">
      <summary
        data-inset-focus
        className="flex cursor-pointer list-none flex-wrap items-start gap-x-3 gap-y-1 px-4 py-2.5 hover:bg-surface-hover"
      >
        <ChevronRight
          aria-hidden
          className="mt-0.5 size-4 shrink-0 text-fg-subtle transition-transform group-open:rotate-90"
        />
        <span className="flex min-w-0 flex-1 flex-col">
          <span className="font-medium">{verdict.title}</span>
          <span className="text-sm break-words text-fg-muted">{verdict.message}</span>
        </span>
        <StatusBadge status={verdict.verdict} />
      </summary>
      <div className="flex flex-col gap-3 bg-surface-sunken px-4 py-3">
        <ul className="flex flex-col gap-1.5">
          {verdict.rules.map((rule) => (
            <li key={rule.id} className="flex flex-wrap items-baseline gap-2">
              <StatusBadge status={rule.outcome} />
              <span>{rule.title}</span>
              {rule.outcome === "pass" ? null : <span className="text-fg-muted">{rule.message}</span>}
            </li>
          ))}
        </ul>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-fg-muted">
          <span>
            Policy {verdict.policyKey} version {verdict.policyVersion}
          </span>
          <DigestChip digest={verdict.policyDigest} label="policy digest" />
          {verdict.attestationId ? (
            <Link
              href={`/attestations/${verdict.attestationId}`}
              className="inline-flex min-h-6 items-center text-accent-text hover:underline"
            >
              Attestation{verdict.leafIndex === null ? "" : `, leaf ${verdict.leafIndex} of the log`}
            </Link>
          ) : null}
        </p>
        <JsonView value={verdict.evidence} label={`Evidence of ${verdict.policyKey}`} />
      </div>
    </details>
  );
}

function RunAgain({ version }: { version: VersionDetail }) {
  const trpc = useTRPC();
  const { allowed, reason } = useCan("governance.gate.run");
  const run = useMutation(
    trpc.registry.runGates.mutationOptions({ onSuccess: () => toast.success("The gates run again.") }),
  );
  const blocked = !allowed
    ? reason
    : version.state === "failed"
      ? "This version failed; register the model again."
      : null;
  return (
    <DisabledReason reason={blocked}>
      <Button
        size="sm"
        pending={run.isPending}
        onClick={() => run.mutate({ name: version.modelName, version: version.number })}
      >
        <RotateCcw aria-hidden /> Run gates again
      </Button>
    </DisabledReason>
  );
}

/** Each policy's verdict with its rules, evidence and signed attestation. */
export function GatesPanel({ version }: { version: VersionDetail }) {
  const { gates } = version;
  return (
    <Section
      id="gates"
      title="Gates"
      description={
        gates ? (
          <>
            Ran <TimeAgo value={gates.finishedAt ?? gates.createdAt} />: {gates.trigger}
          </>
        ) : undefined
      }
      actions={<RunAgain version={version} />}
      frame="flush"
    >
      {gates && gates.verdicts.length > 0 ? (
        gates.verdicts.map((verdict) => <VerdictRow key={verdict.policyKey} verdict={verdict} />)
      ) : (
        <p className="px-4 py-3 text-fg-muted">{version.stateText || "The gates have not run yet."}</p>
      )}
    </Section>
  );
}
