"use client";
import { formatCount } from "@/components/common/format";
import { OwnerChip } from "@/components/common/owner-chip";
import { Callout } from "@/components/ui/callout";
import Link from "next/link";
import { amountInWords } from "@/server/compute/rules";
import { QuotaBars, type QuotaLineView } from "./quota-bars";
import { jobHref } from "@/server/compute/kinds";

interface Pending {
  position: number;
  waiting: number;
  ahead: { id: string; name: string; ownerName: string; needs: Readonly<Record<string, number>> }[];
  aheadElsewhere: number;
  unblocks: string[];
  quota: QuotaLineView[];
}

const needsInWords = (needs: Readonly<Record<string, number>>) =>
  Object.entries(needs)
    .map(
      ([resource, amount]) => `${amountInWords(resource, amount)}${resource === "memory" ? " memory" : ""}`,
    )
    .join(", ");

/** Why a job waits, where it stands, who is ahead and what would let it start. */
export function JobPending({
  reason,
  reasonText,
  pending,
}: {
  reason: string;
  reasonText: string;
  pending: Pending;
}) {
  return (
    <div className="flex flex-col gap-4">
      <Callout
        tone={reason === "ExceedsMaxQuota" ? "warning" : "info"}
        title={`No. ${pending.position} of ${formatCount(pending.waiting, "waiting job")} of this team`}
      >
        <p>{reasonText}</p>
        {pending.unblocks.length > 0 ? (
          <ul className="mt-1 list-disc pl-4">
            {pending.unblocks.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        ) : null}
        {pending.aheadElsewhere > 0 ? (
          <p className="mt-1">{formatCount(pending.aheadElsewhere, "job")} of other teams came first.</p>
        ) : null}
        <p className="mt-1 flex flex-wrap items-center gap-x-2 text-xs">
          <span className="font-mono">{reason}</span>
          <Link href="/quotas" className="text-accent-text hover:underline">
            Quotas and requests
          </Link>
        </p>
      </Callout>
      {pending.ahead.length > 0 ? (
        <div>
          <h3 className="mb-1 font-medium">Ahead of it</h3>
          <ol className="divide-y rounded-lg border bg-surface">
            {pending.ahead.map((job) => (
              <li key={job.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
                <Link href={jobHref(job.id)} className="font-medium hover:underline">
                  {job.name}
                </Link>
                <OwnerChip name={job.ownerName} />
                <span className="text-sm text-fg-muted">{needsInWords(job.needs)}</span>
              </li>
            ))}
          </ol>
        </div>
      ) : null}
      <QuotaBars lines={pending.quota} />
    </div>
  );
}
