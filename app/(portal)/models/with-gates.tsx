"use client";
import { GateVerdicts } from "@/components/governance/gate-verdicts";
import { WhyAdmitted } from "@/components/governance/why-admitted";
import { ModelPage } from "@/components/registry/model-page";
import { VersionPage } from "@/components/registry/version-page";

/** A model's page with governance's drawing of its gates. */
export function ModelWithGates({ name }: { name: string }) {
  return <ModelPage name={name} verdicts={(gates) => <GateVerdicts verdicts={gates.verdicts} />} />;
}

/** A version's page with governance's drawing of its gates, and of who decided. */
export function VersionWithGates({ name, number }: { name: string; number: number }) {
  return (
    <VersionPage
      name={name}
      number={number}
      verdicts={(gates) => <GateVerdicts verdicts={gates.verdicts} />}
      why={(versionId) => <WhyAdmitted versionId={versionId} environment="production" />}
    />
  );
}
