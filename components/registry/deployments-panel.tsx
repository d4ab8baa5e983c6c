import Link from "next/link";
import { EntityLink } from "@/components/common/entity-link";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import type { VersionDetail } from "./types";

/** Where the model answers requests. */
export function DeploymentsPanel({
  deployments,
  deployHref,
}: {
  deployments: VersionDetail["deployments"];
  deployHref: string;
}) {
  return (
    <Section id="deployments" title="Deployments" frame="card">
      {deployments.length === 0 ? (
        <p className="text-fg-muted">
          Not deployed.{" "}
          <Link href={deployHref} className="text-accent-text underline">
            Deploy it to staging
          </Link>{" "}
          when nothing blocks it.
        </p>
      ) : (
        <ul className="flex flex-col gap-2">
          {deployments.map((deployment) => (
            <li key={deployment.href} className="flex flex-wrap items-center gap-2">
              <EntityLink kind="deployment" href={deployment.href} label={deployment.name} />
              <StatusBadge status={deployment.environment} />
              <span className="text-fg-muted">{deployment.effect}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
