import { AttestationView } from "@/components/governance/attestation-view";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Attestation" };

export default async function AttestationPage({ params }: { params: Promise<{ attestationId: string }> }) {
  const { attestationId } = await params;
  await prefetch(serverTrpc.governance.attestation.queryOptions({ attestationId }));
  return (
    <Hydrate>
      <AttestationView attestationId={attestationId} />
    </Hydrate>
  );
}
