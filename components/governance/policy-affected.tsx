"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { ErrorNotice } from "@/components/common/error-notice";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useTRPC } from "@/components/kit/trpc";

const STATES = {
  passes: { status: "pass", label: "Passes" },
  leaving: { status: "waiting", label: "Falls out soon" },
  fallen: { status: "fail", label: "Fell out" },
  stopped: { status: "killed", label: "Stopped" },
} as const;
const ARMS = { stable: "stable version", canary: "canary", review: "awaits review" } as const;

/** What the team has deployed or awaiting that does not pass the policy as it is in force. */
export function PolicyAffected({ policyKey }: { policyKey: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.serving.policyAffected.queryOptions({ key: policyKey }));
  return (
    <Section
      id="affected"
      title="Affected"
      description="What your team has deployed or awaiting that this policy does not pass."
      frame="flush"
    >
      {error && !data ? (
        <ErrorNotice error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <RowsSkeleton />
      ) : data.items.length === 0 ? (
        <p className="px-4 py-3 text-fg-muted">
          {data.considered === 0
            ? "Nothing is deployed or awaiting where this policy is required."
            : `Nothing falls out: ${data.considered === 1 ? "the one version" : `all ${data.considered}`} deployed or awaiting pass.`}
        </p>
      ) : (
        <ul className="divide-y">
          {data.items.map((item) => (
            <li
              key={`${item.href} ${item.arm} ${item.versionId}`}
              className="flex min-w-0 flex-col gap-0.5 px-4 py-2"
            >
              <span className="flex flex-wrap items-center gap-2">
                <StatusBadge status={STATES[item.state].status} label={STATES[item.state].label} />
                <Link
                  href={item.href}
                  className="inline-flex min-h-6 items-center text-accent-text hover:underline"
                >
                  {item.deployment ?? `Review for ${item.environment}`}
                </Link>
                <span className="text-fg-muted">
                  {item.modelName}, version {item.number} ({ARMS[item.arm]}, {item.environment})
                </span>
              </span>
              <span className="text-sm break-words text-fg-muted">
                {item.why}.{" "}
                {item.state === "leaving" ? (
                  <>
                    Grace ends <TimeAgo value={new Date(item.graceUntil)} />.
                  </>
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
