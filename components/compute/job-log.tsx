"use client";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { formatNumber } from "@/components/common/format";
import { LiveDot } from "@/components/common/live-dot";
import { Section } from "@/components/common/section";
import { NativeSelect } from "@/components/ui/select";
import { useJobLog } from "./use-job-log";

// The lines come by their own request after the page, so nothing is lost when what draws them does too.
const LogViewer = dynamic(() => import("@/components/code/log-viewer").then((module) => module.LogViewer), {
  ssr: false,
  loading: () => <div aria-busy className="h-[462px] rounded-lg border bg-surface" />,
});

interface Attempt {
  number: number;
  /** How it ended. */
  reasonText: string;
}

function FollowedLog({
  jobId,
  attempt,
  waiting,
  headline,
  progress,
}: {
  jobId: string;
  attempt: number | undefined;
  waiting: boolean;
  headline: string | undefined;
  /** Drawn above the lines while more can come: how far the job is by what they say. */
  progress: ((lines: readonly string[]) => ReactNode) | undefined;
}) {
  const log = useJobLog(jobId, attempt);
  const query = attempt === undefined ? "" : `?attempt=${attempt}`;
  const ended = "This attempt wrote nothing.";
  const viewer = (
    <LogViewer
      lines={log.lines}
      firstLineNumber={log.dropped + 1}
      follow
      downloadHref={`/api/v1/jobs/${jobId}/log${query}`}
      label="Job log"
      headline={log.ended ? headline : undefined}
      emptyText={waiting ? "The log begins when the job starts." : log.ended ? ended : "Loading the log…"}
      status={
        log.ended ? (
          <span className="text-sm text-fg-subtle">Complete</span>
        ) : (
          <LiveDot status={log.connection} updatedAt={log.updatedAt} />
        )
      }
    />
  );
  return (
    <>
      {log.ended ? null : progress?.(log.lines)}
      {viewer}
      {log.dropped > 0 ? (
        <p className="mt-1 text-sm text-fg-muted">
          Shown from line {formatNumber(log.dropped + 1, 0)} on; the download has all lines.
        </p>
      ) : null}
    </>
  );
}

/** The live log of a job: of its newest attempt, unless another is chosen. */
export function JobLog(props: {
  jobId: string;
  attempts: readonly Attempt[];
  waiting: boolean;
  progress?: (lines: readonly string[]) => ReactNode;
}) {
  const { jobId, attempts, waiting, progress } = props;
  const [chosen, setChosen] = useState<number>();
  const attempt = chosen ?? attempts[0]?.number;
  const choice = (
    <NativeSelect
      aria-label="Attempt"
      value={String(attempt)}
      onChange={(event) => setChosen(Number(event.target.value))}
    >
      {attempts.map(({ number }) => (
        <option key={number} value={number}>
          Attempt {number}
        </option>
      ))}
    </NativeSelect>
  );
  return (
    <Section title="Log" id="log" actions={attempts.length > 1 ? choice : undefined}>
      <FollowedLog
        key={attempt ?? 0}
        jobId={jobId}
        attempt={attempt}
        waiting={waiting}
        progress={attempt === attempts[0]?.number ? progress : undefined}
        headline={attempts.find(({ number }) => number === attempt)?.reasonText}
      />
    </Section>
  );
}
