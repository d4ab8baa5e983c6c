"use client";
import { useQuery } from "@tanstack/react-query";
import { NotFoundState } from "@/components/common/not-found-state";
import { PageHeader } from "@/components/common/page-header";
import { ShareButton } from "@/components/common/share-button";
import { publicErrorOf, useTRPC } from "@/components/kit/trpc";
import { AttestationCard } from "./attestation-card";
import { attestationHref } from "@/server/governance/kinds";

/** An attestation's own page. */
export function AttestationView({ attestationId }: { attestationId: string }) {
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.governance.attestation.queryOptions({ attestationId }));
  const code = publicErrorOf(error)?.code;
  if (code === "not_found" || code === "invalid") return <NotFoundState what="This attestation" />;
  return (
    <>
      <PageHeader
        title={data ? `Attestation ${data.inclusion.index}` : "Attestation"}
        breadcrumbs={[
          { label: "Transparency log", href: "/log" },
          { label: `Entry ${data?.leafIndex ?? ""}` },
        ]}
        description="A signed in-toto statement, with the proof that it is in the log."
        actions={<ShareButton path={attestationHref(attestationId)} />}
      />
      <AttestationCard attestationId={attestationId} />
    </>
  );
}
