"use client";
import { DigestChip } from "@/components/common/digest-chip";
import { formatBytes, formatDuration, formatMilli, formatNumber } from "@/components/common/format";
import { KeyValue } from "@/components/common/key-value";
import { LongText } from "@/components/common/long-text";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { Elapsed } from "@/components/common/time-ago";
import { amountInWords, ISOLATION_WORDS } from "@/server/compute/rules";
import type { JobSpec } from "@/server/compute/schemas";

interface Attempt {
  id: string;
  number: number;
  state: string;
  reasonText: string;
  peakRssBytes: number | null;
  cpuSeconds: number | null;
  isolation: string | null;
  startedAt: Date | null;
  endedAt: Date | null;
}

/** What the job asked for and, beside it, what its newest attempt used. */
export function JobResources({ spec, attempt }: { spec: JobSpec; attempt: Attempt | undefined }) {
  const { resources } = spec;
  const isolation = ISOLATION_WORDS[attempt?.isolation ?? ""];
  const gpu =
    resources.gpuMilli > 0 ? `${formatMilli(resources.gpuMilli)} × ${resources.gpuFlavor ?? ""}` : "none";
  return (
    <Section title="Resources" frame="card">
      <KeyValue
        items={[
          { label: "CPU", value: amountInWords("cpu", resources.cpuMilli) },
          {
            label: "CPU used",
            value: attempt?.cpuSeconds == null ? "–" : `${formatNumber(attempt.cpuSeconds)} CPU seconds`,
          },
          { label: "Memory limit", value: formatBytes(resources.memoryBytes) },
          { label: "Peak memory", value: formatBytes(attempt?.peakRssBytes) },
          { label: "GPU", value: gpu },
          { label: "Time limit", value: formatDuration(spec.timeLimitSeconds * 1000) },
          { label: "Isolation", value: isolation?.label ?? "–" },
        ]}
      />
      {isolation ? (
        <p className={isolation.isWeak ? "mt-2 text-sm text-negative" : "mt-2 text-sm text-fg-subtle"}>
          {isolation.promise}
        </p>
      ) : null}
      {resources.gpuMilli > 0 ? (
        <p className="mt-2 text-sm text-fg-subtle">
          The local cluster accounts for GPUs against quota; it does not isolate them.
        </p>
      ) : null}
    </Section>
  );
}

/** The pinned code, command and parameters: what it takes to run the same again. */
export function JobRecipe({ spec, specDigest }: { spec: JobSpec; specDigest: string }) {
  const commit = spec.code?.gitCommit;
  const params = Object.entries(spec.params);
  return (
    <Section title="Recipe" frame="card">
      <KeyValue
        items={[
          { label: "Specification", value: <DigestChip digest={specDigest} /> },
          ...(spec.code ? [{ label: "Code", value: <DigestChip digest={spec.code.digest} /> }] : []),
          ...(commit
            ? [
                {
                  label: "Git commit",
                  value: (
                    <span className="font-mono text-sm break-all">
                      {commit.slice(0, 12)}
                      {spec.code?.gitDirty ? " (files differ from it)" : ""}
                    </span>
                  ),
                },
              ]
            : []),
          {
            label: "Command",
            value: <LongText text={spec.command.join(" ")} label="command" />,
          },
        ]}
      />
      {params.length > 0 ? (
        <>
          <h3 className="mt-4 text-sm font-medium">Parameters</h3>
          <KeyValue
            items={params.map(([name, value]) => ({
              label: name,
              value: <LongText text={String(value) || "(empty)"} label={`parameter ${name}`} />,
            }))}
          />
        </>
      ) : null}
    </Section>
  );
}

/** Every attempt with how it ended. */
export function JobAttempts({
  attempts,
  maxAttempts,
}: {
  attempts: readonly Attempt[];
  maxAttempts: number;
}) {
  return (
    <Section title="Attempts" description={`At most ${maxAttempts}`} frame="flush">
      <ul className="divide-y">
        {attempts.map((attempt) => (
          <li key={attempt.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
            <span data-numeric className="font-medium">
              {attempt.number}
            </span>
            <StatusBadge status={attempt.state === "admitted" ? "starting" : attempt.state} />
            <span className="min-w-0 flex-1 text-fg-muted">{attempt.reasonText}</span>
            {attempt.startedAt ? (
              <span className="text-sm text-fg-subtle">
                <Elapsed from={attempt.startedAt} to={attempt.endedAt} format={formatDuration} />
              </span>
            ) : null}
          </li>
        ))}
      </ul>
      {attempts.length === 0 ? <p className="p-3 text-fg-subtle">Not started yet.</p> : null}
    </Section>
  );
}
