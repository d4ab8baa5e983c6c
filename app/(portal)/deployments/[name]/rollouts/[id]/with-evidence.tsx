"use client";
import { WhyAdmitted } from "@/components/governance/why-admitted";
import { RolloutPage } from "@/components/serving/rollout-page";

/** A rollout's page with governance's account of its version. */
export function RolloutWithEvidence({ name, rolloutId }: { name: string; rolloutId: string }) {
  return (
    <RolloutPage
      name={name}
      rolloutId={rolloutId}
      why={(versionId, environment) => <WhyAdmitted versionId={versionId} environment={environment} />}
    />
  );
}
