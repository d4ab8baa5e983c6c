import Link from "next/link";
import { DigestChip } from "@/components/common/digest-chip";
import { EntityLink } from "@/components/common/entity-link";
import { formatDuration } from "@/components/common/format";
import { KeyValue } from "@/components/common/key-value";
import { OwnerChip } from "@/components/common/owner-chip";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { Moment } from "@/components/common/time-ago";
import { buttonVariants } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { AdmissionPanel } from "./admission-panel";
import { GatewayList } from "./gateway-list";
import { rolloutStatus } from "./rollout-model";
import { ShareBar } from "./share-bar";
import type { DeploymentView } from "./types";
import { versionHref } from "@/server/registry/kinds";
import { rolloutHref } from "@/server/serving/kinds";

function CanaryBox({ deployment }: { deployment: DeploymentView }) {
  const open = deployment.rollouts.find((rollout) => rollout.id === deployment.rolloutId);
  if (!open) return null;
  return (
    <div className="flex flex-col gap-2 rounded-lg border border-info/40 bg-info-soft px-4 py-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="flex items-center gap-2 font-medium">
          {open.atOnce ? "Deploy" : "Canary"} of version {open.to?.number ?? "?"}{" "}
          <StatusBadge status={rolloutStatus(open.state)} />
        </p>
        <Link
          href={rolloutHref(deployment.name, open.id)}
          className={buttonVariants({ variant: "primary", size: "sm" })}
        >
          Watch it live
        </Link>
      </div>
      <ShareBar sharePercent={open.sharePercent} className="max-w-xs" />
      <p className="text-sm text-fg-muted">{open.stateReason}</p>
    </div>
  );
}

const NOT_SERVED = {
  deploying: "Not every gateway serves the stable version yet",
  failed: "A gateway cannot serve the stable version",
  no_gateway: "No gateway serves this deployment",
} as const;

/** What answers requests now, its files' digest, and whether its evidence holds at this moment. */
export function ServesNow({ deployment }: { deployment: DeploymentView }) {
  const { stable, modelName, environment } = deployment;
  return (
    <Section title="Serves now">
      <CanaryBox deployment={deployment} />
      {deployment.watch ? (
        <Callout
          tone="info"
          title={
            <>
              Watched until <Moment value={deployment.watch.until} /> against version{" "}
              {deployment.watch.from?.number ?? "?"}
            </>
          }
        >
          {deployment.watch.onWorse === "rollback"
            ? "If errors, latency or accuracy are proven worse than those of the version before, it goes back by itself."
            : "If errors, latency or accuracy are proven worse than those of the version before, an alert offers to roll back."}
        </Callout>
      ) : null}
      {deployment.serving && deployment.serving.state !== "serving" ? (
        <div aria-live="polite" className="flex flex-col gap-2">
          <Callout
            tone={deployment.serving.state === "deploying" ? "info" : "negative"}
            title={NOT_SERVED[deployment.serving.state]}
          >
            {deployment.serving.words}
          </Callout>
          <GatewayList gateways={deployment.serving.gateways} label="Gateways and whether they serve it" />
        </div>
      ) : null}
      <KeyValue
        columns={2}
        items={[
          {
            label: "Stable version",
            value: stable ? (
              <EntityLink
                kind="version"
                href={versionHref(modelName, stable.number)}
                label={`${modelName}, version ${stable.number}`}
              />
            ) : (
              "none"
            ),
          },
          {
            label: "Manifest digest",
            value: stable?.manifestDigest ? (
              <DigestChip digest={stable.manifestDigest} label="manifest digest" />
            ) : (
              "none"
            ),
          },
          {
            label: "Version before",
            value: deployment.previous ? `Version ${deployment.previous.number}` : "none",
          },
          { label: "Runs in", value: deployment.runtime ?? "nothing" },
          { label: "Slow is over", value: formatDuration(deployment.latencyBoundMs) },
          { label: "Feedback compares", value: deployment.feedbackTarget ?? "the first output" },
          { label: "Owner", value: <OwnerChip name={deployment.ownerName} /> },
        ]}
      />
      {deployment.admission ? (
        <AdmissionPanel
          admission={deployment.admission}
          environment={environment}
          serves
          stopped={deployment.stopped}
        />
      ) : null}
    </Section>
  );
}
