"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCcw, Square } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { toast } from "@/components/ui/toast";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { CopySnippet } from "@/components/common/copy-snippet";
import { DisabledReason } from "@/components/common/disabled-reason";
import { ErrorNotice } from "@/components/common/error-notice";
import { LiveDot } from "@/components/common/live-dot";
import { NotFoundState } from "@/components/common/not-found-state";
import { OwnerChip } from "@/components/common/owner-chip";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { DetailSkeleton } from "@/components/common/skeletons";
import { TimeAgo } from "@/components/common/time-ago";
import { useCan } from "@/components/kit/use-can";
import { publicErrorOf, useTRPC } from "@/components/kit/trpc";
import { Button, buttonVariants } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { useLive } from "@/components/kit/use-live";
import { dispatchJob } from "@/server/compute/actions";
import { isFinal } from "@/server/compute/rules";
import type { JobSpec, JobState } from "@/server/compute/schemas";
import { JobBadge, JobDuration } from "./job-columns";
import { JobAttempts, JobRecipe, JobResources } from "./job-facts";
import { JobInputs, JobOutputs } from "./job-files";
import { JobLog } from "./job-log";
import { JobPending } from "./job-pending";
import { JobProgress } from "./job-progress";
import { AuditTimeline } from "./job-timeline";
import { LOST_ANSWER, useDispatchKey } from "./use-dispatch-key";
import { relaunchHref } from "./launch-values";
import { jobHref, jobTopic, quotaTopic } from "@/server/compute/kinds";

function CancelButton({ id, name, state }: { id: string; name: string; state: JobState }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const can = useCan("compute.job.cancel");
  const cancel = useMutation(trpc.compute.job.cancel.mutationOptions({ meta: { handlesError: true } }));
  const button = (
    <Button>
      <Square aria-hidden /> Cancel job
    </Button>
  );
  if (!can.allowed) return <DisabledReason reason={can.reason}>{button}</DisabledReason>;
  return (
    <ConfirmDialog
      trigger={button}
      title={`Cancel ${name}?`}
      consequence={
        state === "queued"
          ? "It leaves the queue at once."
          : "Its processes are asked to end and killed after ten seconds. Outputs so far are not kept; the log is."
      }
      confirmLabel="Cancel job"
      cancelLabel="Keep it running"
      reason={{ label: "Reason", required: false }}
      onConfirm={async (reason) => {
        await cancel.mutateAsync({ id, reason });
        await queryClient.invalidateQueries({ queryKey: trpc.compute.job.get.queryKey({ id }) });
      }}
    />
  );
}

function AgainButton({ spec, priority }: { spec: JobSpec; priority: number }) {
  const router = useRouter();
  const key = useDispatchKey();
  const can = useCan("compute.job.dispatch");
  const href = relaunchHref(spec);
  if (href && can.allowed) {
    return (
      <Link href={href} className={buttonVariants({ variant: "primary" })}>
        <RotateCcw aria-hidden /> Rerun with changes
      </Link>
    );
  }
  const { code: _code, template: _template, requirements, ...rest } = spec;
  const again = async () => {
    const input = { ...rest, ...(requirements ? { requirements } : {}), priority };
    const result = await dispatchJob({ ...input, dedupKey: key.keyFor(input) }).catch(() => LOST_ANSWER);
    if (result !== LOST_ANSWER) key.answered();
    if (result.ok) router.push(jobHref(result.data.id));
    else toast.error(result.error.message, { description: result.error.hint });
  };
  return (
    <DisabledReason reason={can.reason}>
      <Button variant="primary" onClick={() => void again()}>
        <RotateCcw aria-hidden /> Run again
      </Button>
    </DisabledReason>
  );
}

const snippets = (id: string) => [
  {
    label: "curl",
    code: `curl -H "authorization: Bearer $MODELWORKS_TOKEN" "$MODELWORKS_URL/api/v1/jobs/${id}"`,
  },
  {
    label: "Log by curl",
    code: `curl -N -H "authorization: Bearer $MODELWORKS_TOKEN" "$MODELWORKS_URL/api/v1/jobs/${id}/log/stream"`,
  },
];

/** Everything about one job, live. */
export function JobPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.compute.job.get.queryOptions({ id }));
  const live = useLive([jobTopic(id), quotaTopic], [trpc.compute.job.get.queryKey({ id })]);
  if (publicErrorOf(query.error)?.code === "not_found") return <NotFoundState what="This job" />;
  if (query.error && !query.data)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  const job = query.data;
  if (!job) return <DetailSkeleton />;
  const final = isFinal(job.state);
  const waiting = job.state === "queued" && job.attempts.length === 0;
  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        breadcrumbs={[{ label: "Jobs", href: "/jobs" }, { label: job.name }]}
        title={job.name}
        status={<JobBadge job={job} />}
        meta={
          <>
            <OwnerChip name={job.ownerName} />
            <span>{job.template ?? "command"}</span>
            <span>
              created <TimeAgo value={job.createdAt} />
            </span>
            {job.startedAt ? (
              <span>
                {final ? "ran" : "running for"} <JobDuration job={job} />
              </span>
            ) : null}
            {final ? null : <LiveDot status={live.status} updatedAt={live.updatedAt ?? null} />}
          </>
        }
        actions={
          final ? (
            <AgainButton spec={job.spec} priority={job.priority} />
          ) : (
            <CancelButton id={id} name={job.name} state={job.state} />
          )
        }
      />
      {job.pending ? (
        <JobPending reason={job.reason} reasonText={job.reasonText} pending={job.pending} />
      ) : job.state === "succeeded" || job.reason === "Running" ? null : (
        <Callout
          tone={job.state === "failed" ? "negative" : job.state === "cancelled" ? "neutral" : "info"}
          title={job.reasonText}
        >
          <span className="font-mono text-xs">{job.reason}</span>
        </Callout>
      )}
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-6">
          <JobLog
            jobId={id}
            attempts={job.attempts}
            waiting={waiting}
            // oxlint-disable-next-line react/no-unstable-nested-components -- a render function, not a component
            progress={final || waiting ? undefined : (lines) => <JobProgress job={job} lines={lines} />}
          />
          <JobOutputs jobId={id} outputs={job.outputs} final={final} />
          <JobInputs inputs={job.inputs} />
          <JobAttempts attempts={job.attempts} maxAttempts={job.maxAttempts} />
          <CopySnippet title="Get this job" snippets={snippets(id)} />
        </div>
        <div className="flex min-w-0 flex-col gap-6">
          <JobResources spec={job.spec} attempt={job.attempts[0]} />
          <JobRecipe spec={job.spec} specDigest={job.specDigest} />
          <Section title="Timeline">
            <AuditTimeline events={job.timeline} />
          </Section>
        </div>
      </div>
    </div>
  );
}
