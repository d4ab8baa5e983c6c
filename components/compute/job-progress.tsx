"use client";
import { formatCount, formatDuration, formatPercent } from "@/components/common/format";
import { Elapsed } from "@/components/common/time-ago";
import { useNow } from "@/components/common/use-now";
import { Progress } from "@/components/ui/progress";
import { portalStep, progressOf } from "./job-progress-text";

export interface Usual {
  medianMs: number;
  jobs: number;
}

interface Running {
  state: string;
  startedAt: Date | null;
  usual: Usual | null;
}

const STEPS = ["Preparing", "Running"] as const;

/** A part of time that has passed says little of work: it never claims the end. */
const MOST_BY_TIME = 0.95;

function useShare(job: Running, lines: readonly string[]) {
  const now = useNow();
  const told = progressOf(lines);
  if (told) return { value: told.value, words: `${told.text}, by its own output` };
  const ranMs = job.startedAt && now !== 0 ? now - new Date(job.startedAt).getTime() : 0;
  if (job.usual && job.state === "running" && job.startedAt)
    return {
      value: Math.min(MOST_BY_TIME, ranMs / Math.max(1, job.usual.medianMs)),
      words:
        ranMs > job.usual.medianMs ? "longer than it usually takes" : "by the time that it usually takes",
    };
  return { value: null, words: "it says nothing of how far it is" };
}

/** Between start and end: the step, how far it is by its own words or by the time of earlier jobs, and how long it has run. */
export function JobProgress({ job, lines }: { job: Running; lines: readonly string[] }) {
  const share = useShare(job, lines);
  const at = job.state === "running" ? 1 : 0;
  const step = portalStep(lines);
  return (
    <section aria-label="Progress" className="mb-3 flex flex-col gap-1.5 rounded-lg border bg-surface p-3">
      <ol className="flex flex-wrap gap-x-2 text-sm">
        {STEPS.map((name, index) => (
          <li
            key={name}
            aria-current={index === at ? "step" : undefined}
            className={index === at ? "font-medium" : "text-fg-muted"}
          >
            {index + 1}. {name}
            {index < at ? <span> (done)</span> : null}
          </li>
        ))}
      </ol>
      <Progress value={at === 1 ? share.value : null} label="How far the job is" />
      <p className="flex flex-wrap gap-x-3 text-sm text-fg-muted">
        {at === 1 ? (
          <span>
            {share.value === null ? "" : `${formatPercent(share.value, 0)}: `}
            {share.words}
          </span>
        ) : (
          <span>{step || "The environment and the inputs are made ready."}</span>
        )}
        {job.startedAt ? (
          <span>
            running for <Elapsed from={job.startedAt} format={formatDuration} />
          </span>
        ) : null}
        {job.usual ? (
          <span>
            usually {formatDuration(job.usual.medianMs)}, median of{" "}
            {formatCount(job.usual.jobs, "earlier job")}
          </span>
        ) : null}
      </p>
    </section>
  );
}
