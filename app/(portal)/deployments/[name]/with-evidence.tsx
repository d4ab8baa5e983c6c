"use client";
import { WhyAdmitted } from "@/components/governance/why-admitted";
import { DeploymentAlerts } from "@/components/monitoring/alerts/deployment-alerts";
import { DeploymentPage } from "@/components/serving/deployment-page";

/** A deployment's page with monitoring's alerts, and with governance's account of what serves. */
export function DeploymentWithEvidence({ name }: { name: string }) {
  return (
    <DeploymentPage
      name={name}
      alerts={<DeploymentAlerts deployment={name} />}
      why={(versionId, environment) => <WhyAdmitted versionId={versionId} environment={environment} />}
    />
  );
}
