import Link from "next/link";
import { formatDuration } from "@/components/common/format";
import { StatusBadge } from "@/components/common/status-badge";
import { Elapsed, TimeAgo } from "@/components/common/time-ago";
import { rolloutStatus } from "./rollout-model";
import type { DeploymentView } from "./types";
import { rolloutHref } from "@/server/serving/kinds";

/** Every rollout of a deployment, newest first, with how it ended and why. */
export function RolloutHistory({ deployment }: { deployment: DeploymentView }) {
  if (deployment.rollouts.length === 0)
    return (
      <p className="text-fg-muted">
        No rollout yet. The first version takes all requests at once; each later one waits until every gateway
        serves it, and goes to production as a canary.
      </p>
    );
  return (
    <ul aria-label="Rollouts" className="divide-y overflow-hidden rounded-lg border bg-surface">
      {deployment.rollouts.map((rollout) => (
        <li key={rollout.id} className="relative flex flex-col gap-1 px-4 py-3 hover:bg-surface-hover">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Link
              href={rolloutHref(deployment.name, rollout.id)}
              className="font-medium after:absolute after:inset-0"
            >
              Version {rollout.from?.number ?? "none"} → version {rollout.to?.number ?? "?"}
            </Link>
            <StatusBadge status={rolloutStatus(rollout.state)} />
            <span className="relative text-sm text-fg-subtle">
              <TimeAgo value={rollout.createdAt} />, {rollout.finishedAt ? "took " : "for "}
              <Elapsed from={rollout.createdAt} to={rollout.finishedAt} format={formatDuration} />
            </span>
          </div>
          <p className="text-sm text-fg-muted">{rollout.stateReason}</p>
        </li>
      ))}
    </ul>
  );
}
